#!/usr/bin/env bash
# fetch.sh: gets playwright-core from npm where it is not there yet; npm checks it against package-lock.json.
set -euo pipefail
cd "$(dirname "$0")"
exec 9>.fetch.lock
flock 9
[[ -d node_modules/playwright-core ]] || npm ci --no-audit --no-fund >&2
