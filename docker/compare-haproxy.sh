#!/usr/bin/env bash
# Shows what a node's new address means to HAProxy and to the router. compare-haproxy.sh --help tells more.
set -euo pipefail
PYTHONPATH=$(dirname "$0") exec python3 -B -m tools.compare "$@"
