#!/usr/bin/env bash
# fuzz.sh [JOBS]: runs every fuzzer for FUZZ_SECONDS (60) each, one after the other, from its corpus.
# New inputs stay in build/fuzz/fuzz/NAME; the corpus in the source tree is read, never written.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh fuzz "${1:-$(nproc)}" fuzzers
TAMADA_FUZZ_SECONDS=${FUZZ_SECONDS:-60} python3 - <<'PY'
import json, os, subprocess, sys

listed = subprocess.run(["ctest", "--test-dir", "build/fuzz", "-L", "fuzz", "--show-only=json-v1"],
                        check=True, capture_output=True, text=True)
failed = []
for test in json.loads(listed.stdout)["tests"]:
    # Longer, and another way each time.
    command = [part for part in test["command"] if not part.startswith(("-seed=", "-runs=", "-max_total_time="))]
    command.insert(1, "-max_total_time=" + os.environ["TAMADA_FUZZ_SECONDS"])
    print("==", test["name"], flush=True)
    if subprocess.run(command).returncode != 0:
        failed.append(test["name"])
print("FAILED: " + ", ".join(failed) if failed else "No fuzzer found anything.")
sys.exit(bool(failed))
PY
