#!/usr/bin/env bash
# Scales nodes to 0 and back while rows are written through the router, and judges. chaos.sh --help tells more.
set -euo pipefail
PYTHONPATH=$(dirname "$0") exec python3 -B -m tools.chaos "$@"
