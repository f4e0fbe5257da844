#!/usr/bin/env bash
# build.sh PRESET [JOBS [TARGET ...]]: configures (again only when needed) and builds these targets of a preset, or
# everything. What cmake and the compiler print goes to a file in build/log/; V=1 shows it.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
jobs=${2:-$(nproc)}
[[ -f build/$preset/build.ninja ]] ||
  scripts/progress.sh "build/log/configure-$preset.log" "configuring $preset" cmake --preset "$preset"
command=(cmake --build --preset "$preset" -j "$jobs")
if (($# > 2)); then command+=(--target "${@:3}"); fi
scripts/progress.sh "build/log/build-$preset.log" "building $preset" "${command[@]}"
