#!/usr/bin/env bash
# install-docker.sh: on a Debian machine, what the scripts in this folder need, from Debian's own packages: Docker, the
# Compose tool, Python; and with STORAGE=folders (environment or docker/stack.env) the folders for the data. Run it as
# root on every machine of the swarm. What is there already is left as it is, so it may be run again at any time.
#
# It adds no package source, no user to a group, no setting of Docker. debootstrap, which docker/make-base.sh needs where
# no registry can be reached, is installed only with --with-debootstrap.
set -euo pipefail
cd "$(dirname "$0")"

say() { echo "install-docker: $*"; }

fail() {
  say "$*" >&2
  exit 1
}

installed() { [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == [ih]i* ]]; }

# The engine needs apparmor's parser where the kernel uses AppArmor; Debian's package only recommends it.
wanted() {
  printf '%s\n' docker.io docker-compose iptables ca-certificates python3 "$@"
  if [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]]; then echo apparmor; fi
}

install_packages() {
  local package missing=()
  while read -r package; do
    if installed "$package"; then say "$package was installed already"; else missing+=("$package"); fi
  done < <(wanted "$@")
  if ((${#missing[@]} == 0)); then return; fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -q
  apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "${missing[@]}"
  say "installed ${missing[*]}"
}

start_engine() {
  if [[ ! -d /run/systemd/system ]]; then
    say "systemd does not run here: start the engine yourself (dockerd), or have something start it"
    return
  fi
  if systemctl is-enabled -q docker && systemctl is-active -q docker; then
    say "the engine was running already, and starts with the machine"
    return
  fi
  systemctl enable --now docker
  say "started the engine; it starts with the machine from now on"
}

# One folder of a member. Its owner is the image's user, which has the same number on every machine.
make_folder() {
  local folder=$1 owner=$2 found
  if [[ ! -d $folder ]]; then
    install -d -o "$owner" -g "$owner" -m 700 "$folder"
    say "made $folder for user $owner"
    return
  fi
  found=$(stat -c '%u:%g %a' "$folder")
  if [[ $found == "$owner:$owner 700" ]]; then
    say "$folder was there already"
  elif [[ -z $(ls -A "$folder") ]]; then
    chown "$owner:$owner" "$folder"
    chmod 700 "$folder"
    say "$folder was there, empty and of $found; it is of $owner:$owner 700 now"
  else
    fail "$folder has files and is of $found, expected $owner:$owner 700. If these are the member's data, run:" \
      "chown -R $owner:$owner $folder && chmod 700 $folder"
  fi
}

make_folders() {
  local storage data number
  read -r storage data < <(python3 -B -c '
from tools.settings import SettingsError, load
try:
    settings = load()
except SettingsError as error:
    raise SystemExit(f"install-docker: {error}")
print(settings.storage, settings["DATA_DIR"])') || fail "the settings are wrong; no folder was made"
  if [[ $storage != folders ]]; then
    say "no data folders are needed: STORAGE is $storage"
    return
  fi
  install -d -m 755 "$data"
  for number in 1 2 3; do
    make_folder "$data/patroni$number" 10126
    make_folder "$data/etcd$number" 10127
  done
}

extra=()
case ${1:-} in
  '') ;;
  --with-debootstrap) extra=(debootstrap) ;;
  *) fail "found \"$1\", expected nothing or --with-debootstrap" ;;
esac
((EUID == 0)) || fail "this has to be run as root: sudo $PWD/install-docker.sh"
[[ -x /usr/bin/apt-get ]] || fail "there is no apt-get: this is for Debian; elsewhere install Docker, Compose, Python 3.11"
install_packages "${extra[@]}"
start_engine
make_folders
say "done. Next: docker swarm init --advertise-addr ADDRESS on the first machine, then docker/build-images.sh and" \
  "docker/deploy.sh; or on a machine alone docker/build-images.sh and docker-compose -f docker/compose.yml up -d"
