#!/usr/bin/env bash
# Removes the stack and keeps the data; with --with-data these too. undeploy.sh --help tells the rest.
set -euo pipefail
PYTHONPATH=$(dirname "$0") exec python3 -B -m tools.undeploy "$@"
