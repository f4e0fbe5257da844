#!/usr/bin/env bash
# format.sh --check | --write: the pinned formatter over every C++ file of ours.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -d '' -t files < <(git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.h')
((${#files[@]})) || { echo "format.sh: git names no C++ file here" >&2 && exit 1; }
case ${1:-} in
--check) clang-format-14 --dry-run --Werror "${files[@]}" ;;
--write) clang-format-14 -i "${files[@]}" ;;
*) echo "usage: format.sh --check | --write" >&2 && exit 2 ;;
esac
