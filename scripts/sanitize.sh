#!/usr/bin/env bash
# sanitize.sh PRESET LABELS [JOBS]: builds the tests with any of these labels (`unit|loop`) in a sanitizer preset, and
# runs them.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
labels=$2
jobs=${3:-$(nproc)}
IFS='|' read -ra names <<<"$labels"
scripts/build.sh "$preset" "$jobs" "${names[@]/#/tests-}"
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" -L "^($labels)$"
