#!/usr/bin/env bash
# run.sh FOLDER...: runs the tests in these folders with node's own runner. Those that drive a browser need
# playwright-core, which is fetched from npm when it is not there: npm checks it against package-lock.json.
set -euo pipefail
cd "$(dirname "$0")"
if [[ "$*" != unit && ! -d node_modules/playwright-core ]]; then
  npm ci --no-audit --no-fund
fi
files=()
for folder in "$@"; do files+=("$folder"/*.test.mjs); done
exec node --test "${files[@]}"
