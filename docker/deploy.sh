#!/usr/bin/env bash
# Deploys the stack to the swarm, or updates it, and waits until the cluster is healthy. deploy.sh --help tells more.
set -euo pipefail
PYTHONPATH=$(dirname "$0") exec python3 -B -m tools.deploy "$@"
