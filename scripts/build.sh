#!/usr/bin/env bash
# build.sh PRESET [JOBS]: configures (again only when needed) and builds everything of a preset.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
jobs=${2:-$(nproc)}
[[ -f build/$preset/build.ninja ]] || cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" -j "$jobs"
