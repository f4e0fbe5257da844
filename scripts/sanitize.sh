#!/usr/bin/env bash
# sanitize.sh PRESET LABELS [JOBS]: builds a sanitizer preset and runs the tests with these labels (a ctest regex).
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
labels=$2
jobs=${3:-$(nproc)}
scripts/build.sh "$preset" "$jobs"
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" -L "$labels"
