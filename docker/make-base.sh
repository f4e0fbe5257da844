#!/usr/bin/env bash
# make-base.sh [IMAGE]: makes the base image (debian:bookworm-slim unless told otherwise) with debootstrap, for machines
# that reach Debian's packages but no image registry.
#
# The image gets the package sources of this machine's apt, so it is as current as they are: bookworm itself and, where
# this machine has them, its updates and its security updates. Needs root, debootstrap, and a Docker engine.
set -euo pipefail
readonly IMAGE=${1:-debian:bookworm-slim}

fail() {
  echo "make-base: $*" >&2
  exit 1
}

((EUID == 0)) || fail "debootstrap has to be root; run: sudo $0 $*"
command -v debootstrap >/dev/null || fail "debootstrap is missing; run: apt-get install debootstrap"
docker info >/dev/null 2>&1 || fail "no Docker engine answers; run docker/install-docker.sh, or set DOCKER_HOST"

# "URI suite" of each of Debian's own suites of bookworm that this machine's apt knows.
# shellcheck disable=SC2016  # the dollars are apt's
suites=$(apt-get indextargets --format '$(REPO_URI) $(SUITE) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
  awk '$4 == "Debian" && $3 ~ /^bookworm(-updates|-security)?$/ { print $1, $3 }' | sort -u)
mirror=$(awk '$2 == "bookworm" { print $1; exit }' <<<"$suites")
[[ -n $mirror ]] ||
  fail "apt knows no package source for bookworm; add one to /etc/apt/sources.list and run apt-get update"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
root=$folder/root
echo "make-base: installing Debian bookworm into a folder (about a minute)"
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$folder/log" 2>&1 || {
  tail -n 20 "$folder/log" >&2
  fail "debootstrap failed; its last lines stand above"
}
while read -r uri suite; do
  echo "deb $uri $suite main"
done <<<"$suites" >"$root/etc/apt/sources.list"

# What a container does not need: started services, caches, and documents other than licences.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cat >"$root/etc/dpkg/dpkg.cfg.d/slim" <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/lintian/*
END
cat >"$root/etc/apt/apt.conf.d/slim" <<'END'
Acquire::Languages "none";
APT::Install-Recommends "false";
END
chroot "$root" sh -c 'apt-get -q update && apt-get -q -y upgrade' >"$folder/log" 2>&1 || {
  tail -n 20 "$folder/log" >&2
  fail "apt-get in the new system failed; its last lines stand above"
}
find "$root/usr/share/doc" -type f ! -name copyright -delete
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* \
  "$root"/usr/share/{man,info,locale,lintian}/* "$root"/var/log/*.log "$root"/var/log/apt/*
: >"$root/etc/resolv.conf"
rm -f "$root/etc/hostname"

tar -C "$root" --numeric-owner -c . | docker import --change 'CMD ["bash"]' \
  --change 'LABEL org.opencontainers.image.title="Debian bookworm, minimal, made by debootstrap"' - "$IMAGE" >/dev/null
echo "make-base: $IMAGE is there: $(docker image inspect --format '{{.Size}}' "$IMAGE" | numfmt --to=si)B"
