#!/usr/bin/env bash
# deps.sh [GROUP ...]: installs the Debian packages of these groups of packages.txt (of all, where none is named) that
# are missing, and nothing else. Quick when none is. What apt-get prints goes to build/log/install.log; V=1 shows it.
#
# As root it installs; as a user with sudo it asks sudo; otherwise it prints the command for an administrator and fails.
#
# The machine stays as it was, but for the packages. The database, the consensus store and HAProxy are wanted here as
# programs, not as services, and their Debian packages would start some: etcd on port 2379, a PostgreSQL cluster
# `main` on 5432. So, for what this run newly installs only, and only while it installs:
#   - a policy-rc.d keeps services from being started (one that exists already is left alone);
#   - a snippet in createcluster.d keeps PostgreSQL's package from making the cluster `main`;
#   - the new services are disabled, so that the next boot starts none of them.
# What was installed before, and its services, are never touched.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly POLICY=/usr/sbin/policy-rc.d
readonly SNIPPET=/etc/postgresql-common/createcluster.d/tamada-no-main-cluster.conf
# Packages whose services would come up by themselves, and the services' names.
readonly -A SERVICES=([docker.io]=docker [etcd-server]=etcd [haproxy]=haproxy [keepalived]=keepalived [patroni]=patroni
  [postgresql-15]=postgresql [prometheus]=prometheus [prometheus-haproxy-exporter]=prometheus-haproxy-exporter)

# The names of all groups in packages.txt: each begins with a line "# === GROUP: what for".
groups() {
  sed -n 's/^# === \([a-z]*\):.*/\1/p' packages.txt
}

# The names of the packages in the groups. "NAME|FILE" stands for NAME where FILE is not there already.
wanted() {
  local name file
  while IFS='|' read -r name file; do
    if [[ -z $file || ! -e $file ]]; then echo "$name"; fi
  done < <(awk -v groups=" $* " '
    /^# === / { group = $3; sub(":", "", group); on = index(groups, " " group " ") }
    on && !/^#/ && NF { print $1 }' packages.txt)
}

# Prints the wanted packages that are not installed, one a line.
missing() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '$1 == "ii" || $1 == "hi" { print $2 }')
  wanted "${asked[@]}" | grep -vxF -f <(printf '%s\n' "$installed") || true
}

undo() {
  if [[ -n ${made_policy:-} ]]; then rm -f "$POLICY"; fi
  if [[ -n ${made_snippet:-} ]]; then rm -f "$SNIPPET"; fi
}

keep_services_down() {
  trap undo EXIT
  if [[ ! -e $POLICY ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    made_policy=yes
    chmod 755 "$POLICY"
  fi
  mkdir -p "$(dirname "$SNIPPET")"
  printf 'create_main_cluster = false\n' >"$SNIPPET"
  made_snippet=yes
}

install_as_root() {
  local packages=("$@") package
  keep_services_down
  export DEBIAN_FRONTEND=noninteractive
  scripts/progress.sh build/log/package-lists.log "reading the package lists" \
    apt-get -o DPkg::Lock::Timeout=300 update -q
  scripts/progress.sh build/log/install.log "installing ${#packages[@]} packages and what they need" \
    apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "${packages[@]}"
  command -v systemctl >/dev/null || return 0
  for package in "${packages[@]}"; do
    if [[ -n ${SERVICES[$package]:-} ]]; then
      systemctl disable "${SERVICES[$package]}.service" >/dev/null 2>&1 ||
        echo "deps: could not disable the service ${SERVICES[$package]}; it may start at the next boot" >&2
    fi
  done
}

mapfile -t known < <(groups)
asked=("$@")
if ((${#asked[@]} == 0)); then asked=("${known[@]}"); fi
for group in "${asked[@]}"; do
  if ! printf '%s\n' "${known[@]}" | grep -qxF -- "$group"; then
    echo "deps: packages.txt has no group \"$group\"; it has: ${known[*]}" >&2
    exit 2
  fi
done

mapfile -t packages < <(missing)
if ((${#packages[@]} == 0)); then exit 0; fi
# The folder is made by who asked, so that a later build may write there, too.
mkdir -p build/log
echo "deps: to be installed for ${asked[*]}: ${packages[*]}"
if ((EUID == 0)); then
  install_as_root "${packages[@]}"
elif command -v sudo >/dev/null; then
  sudo -- env V="${V:-}" "$BASH" "$PWD/scripts/deps.sh" "${asked[@]}"
else
  echo "deps: not root, and sudo is not installed. An administrator has to run:" >&2
  echo "  $PWD/scripts/deps.sh ${asked[*]}" >&2
  exit 1
fi
