#!/usr/bin/env bash
# test.sh [JOBS]: builds the release and the fuzzers, runs every test and a short run of each fuzzer; but for the tests of
# label `agent`, which start PostgreSQL again and again and have a target of their own (make test-agent). Of the whole clusters
# of agents the telling ones run here, too (label `agent-telling`).
#
# Each half ends with ctest's own summary, and the last line says what became of both; a failure in the first half does
# not hide the second. The fuzzers are compiled while the tests run, which mostly wait, by processes that give way to
# all others.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${1:-$(nproc)}
scripts/build.sh release "$jobs"

log=$(mktemp)
set -m  # a process group of its own, so that it can be ended as a whole
chrt --idle 0 scripts/build.sh fuzz "$jobs" fuzzers &>"$log" &
fuzzers=$!
set +m
trap 'kill -- "-$fuzzers" 2>/dev/null || true; rm -f "$log"' EXIT

failed=()
# One integration test of the router and one of the agent run at a time (each kind shares a lock), beside the unit, loop and
# scenario tests.
ctest --test-dir build/release --output-on-failure --no-tests=error -LE "^agent$" -j "$jobs" || failed+=("tests (build/release)")
if wait "$fuzzers"; then
  ctest --test-dir build/fuzz --output-on-failure --no-tests=error -j "$jobs" -L fuzz || failed+=("fuzzers (build/fuzz)")
else
  cat "$log"
  failed+=("fuzzers could not be built (build/fuzz)")
fi

if ((${#failed[@]})); then
  printf 'FAILED: %s\n' "${failed[@]}"
  exit 1
fi
echo "All tests and all short fuzzer runs passed."
