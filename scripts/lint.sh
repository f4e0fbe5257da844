#!/usr/bin/env bash
# lint.sh [JOBS]: everything that can be checked without running the programs. All checks run; any failure fails.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${1:-$(nproc)}
failed=()

check() {
  local name=$1
  shift
  if "$@"; then echo "lint: $name: ok"; else failed+=("$name"); fi
}

mapfile -d '' -t scripts < <(git ls-files -z --cached --others --exclude-standard -- '*.sh' '.ci/run')
mapfile -d '' -t python < <(git ls-files -z --cached --others --exclude-standard -- '*.py')

((${#scripts[@]} && ${#python[@]})) || { echo "lint.sh: git names no script here" >&2 && exit 1; }
check "clang-format" scripts/format.sh --check
check "shellcheck" shellcheck "${scripts[@]}"
check "Python compiles" python3 -c '
import sys
for path in sys.argv[1:]:
    compile(open(path, "rb").read(), path, "exec")' "${python[@]}"
for script in scripts/check_*.py; do
  [[ -e $script ]] && check "$script" python3 "$script"
done
check "clang-tidy" scripts/tidy.py "$jobs"

if ((${#failed[@]})); then
  printf 'lint: FAILED: %s\n' "${failed[@]}"
  exit 1
fi
echo "lint: everything is fine"
