#!/usr/bin/env bash
# Shows how the stack is, on one screen. Exit status 0: healthy, 1: not. status.sh --help tells the rest.
set -euo pipefail
PYTHONPATH=$(dirname "$0") exec python3 -B -m tools.status "$@"
