#!/usr/bin/env bash
# test.sh [JOBS]: builds the release and the fuzzers, runs every test and a short run of each fuzzer.
#
# Each half ends with ctest's own summary, and the last line says what became of both; a failure in the first half does
# not hide the second.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${1:-$(nproc)}
scripts/build.sh release "$jobs"
scripts/build.sh fuzz "$jobs" fuzzers

failed=()
# One integration test runs at a time (they share a lock), beside the unit, loop and scenario tests.
ctest --test-dir build/release --output-on-failure --no-tests=error -j "$jobs" || failed+=("tests (build/release)")
ctest --test-dir build/fuzz --output-on-failure --no-tests=error -j "$jobs" -L fuzz || failed+=("fuzzers (build/fuzz)")

if ((${#failed[@]})); then
  printf 'FAILED: %s\n' "${failed[@]}"
  exit 1
fi
echo "All tests and all short fuzzer runs passed."
