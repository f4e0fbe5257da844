#!/usr/bin/env bash
# build.sh PRESET [JOBS [TARGET ...]]: configures (again only when needed) and builds these targets of a preset, or
# everything.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
jobs=${2:-$(nproc)}
[[ -f build/$preset/build.ninja ]] || cmake --preset "$preset" >/dev/null
command=(cmake --build --preset "$preset" -j "$jobs")
if (($# > 2)); then command+=(--target "${@:3}"); fi
"${command[@]}"
