#!/usr/bin/env bash
# build-images.sh [--no-cache] [router|node|etcd ...]: builds the images, all three unless some are named.
#
# Packages once installed are kept in the engine's cache: --no-cache takes the newest ones, for PostgreSQL's minor
# versions and for security updates.
#
#   BASE_IMAGE       what they stand on; debian:bookworm-slim. It is fetched where it is missing; where no registry can be
#                    reached and this is root, docker/make-base.sh makes it.
#   TAMADA_REGISTRY  put before the names, with its slash: registry.example:5000/. The images are not pushed.
#   TAMADA_TAG       the images' tag, instead of both the version and latest
#   BUILD_NETWORK    the network of the build steps (docker build --network), where the default one reaches no packages
set -euo pipefail
cd "$(dirname "$0")/.."
readonly BASE_IMAGE=${BASE_IMAGE:-debian:bookworm-slim} REGISTRY=${TAMADA_REGISTRY:-}

fail() {
  echo "build-images: $*" >&2
  exit 1
}

docker info >/dev/null 2>&1 || fail "no Docker engine answers; run docker/install-docker.sh, or set DOCKER_HOST"

# The base must be here before the builds, so that all images stand on the same one.
if ! docker image inspect "$BASE_IMAGE" >/dev/null 2>&1 && ! docker pull -q "$BASE_IMAGE"; then
  [[ $BASE_IMAGE == debian:bookworm-slim ]] || fail "the image $BASE_IMAGE is neither here nor can it be fetched"
  echo "build-images: $BASE_IMAGE cannot be fetched, so it is made here"
  docker/make-base.sh "$BASE_IMAGE"
fi

version=$(sed -n 's/^project(tamada VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
base_size=$(docker image inspect --format '{{.Size}}' "$BASE_IMAGE")

build() {
  local part=$1 name=${REGISTRY}tamada-$1 started=$SECONDS tags=() log size
  local tag
  for tag in ${TAMADA_TAG:-"$version" latest}; do tags+=(-t "$name:$tag"); done
  log=$(mktemp)
  echo "build-images: ${tags[1]} ..."
  # The classic builder: Debian's Docker has it everywhere, and it needs no plug-in.
  DOCKER_BUILDKIT=0 docker build "${cache[@]}" ${BUILD_NETWORK:+--network "$BUILD_NETWORK"} -f "docker/$part/Dockerfile" \
    --build-arg "BASE_IMAGE=$BASE_IMAGE" --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
    "${tags[@]}" . >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    fail "$name could not be built; the last lines stand above, all of them in $log"
  }
  rm -f "$log"
  size=$(docker image inspect --format '{{.Size}}' "${tags[1]}")
  echo "build-images: ${tags[1]}: $(numfmt --to=si "$size")B," \
    "$(numfmt --to=si $((size - base_size)))B over the base, $((SECONDS - started)) s"
}

cache=()
if [[ ${1:-} == --no-cache ]]; then
  cache=(--no-cache)
  shift
fi
parts=("$@")
if ((${#parts[@]} == 0)); then parts=(etcd node router); fi
for part in "${parts[@]}"; do
  [[ -f docker/$part/Dockerfile ]] || fail "there is no image \"$part\"; expected router, node or etcd"
  build "$part"
done
