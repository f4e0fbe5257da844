#!/usr/bin/env bash
# Makes the Debian package of what `make build` has built: build/packages/tamada-router_VERSION_ARCHITECTURE.deb, and a
# .ddeb beside it with the symbols that a debugger wants. lintian, where it is installed, must find no errors.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly PACKAGES=build/packages

log=$(mktemp)
trap 'rm -rf "$log" "$PACKAGES/_CPack_Packages"' EXIT

# Runs a command that is quiet unless it fails.
quietly() {
  "$@" >"$log" 2>&1 || { cat "$log" >&2 && return 1; }
}

quietly cmake --preset release -DCMAKE_INSTALL_PREFIX=/usr
mkdir -p "$PACKAGES"
rm -f "$PACKAGES"/tamada-router*.deb "$PACKAGES"/tamada-router*.ddeb
# Folders in a package are 755, whatever the umask of whoever makes it.
umask 022
quietly cpack --config build/release/CPackConfig.cmake -B "$PACKAGES"

deb=$(echo "$PACKAGES"/tamada-router_*.deb)
packaged=$(dpkg-deb -f "$deb" Version)
told=$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)
if [[ $packaged != "$told" ]]; then
  echo "package.sh: packaging/debian/changelog begins with version $told, the package is $packaged: add an entry" >&2
  exit 1
fi
if command -v lintian >/dev/null; then
  lintian --fail-on error --tag-display-limit 0 --allow-root "$deb"
else
  echo "package.sh: lintian is not installed; the package was not checked"
fi
du -h "$PACKAGES"/tamada-router*.*deb
