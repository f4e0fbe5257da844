#!/usr/bin/env bash
# run.sh FOLDER...: runs the tests in these folders with node's own runner. Those in `unit` need nothing but node.
set -euo pipefail
cd "$(dirname "$0")"
if [[ "$*" != unit ]]; then ./fetch.sh; fi
files=()
for folder in "$@"; do files+=("$folder"/*.test.mjs); done
exec node --test "${files[@]}"
