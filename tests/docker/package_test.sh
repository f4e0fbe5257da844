#!/usr/bin/env bash
# package_test.sh DEB: installs, runs, upgrades and purges the package in a container with systemd. See package_test.py.
exec python3 "$(dirname "$0")/package_test.py" "$@"
