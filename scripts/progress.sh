#!/usr/bin/env bash
# progress.sh LOG TITLE COMMAND [ARG ...]: runs a command with everything it prints in the file LOG, and shows one line
# that says how far it is. With V=1 in the environment the command prints for itself, and there is no file.
#
# On a terminal the line is redrawn several times a second and stays once, at the end; elsewhere there is one line at the
# beginning and one at the end. A command that fails has the part of its output printed that tells why, and the place of the rest.
set -euo pipefail
log=$1
title=$2
shift 2

if [[ ${V:-} == 1 ]]; then exec "$@"; fi

mkdir -p "$(dirname "$log")"
: >"$log"
started=$SECONDS

# The last line that the command has printed so far; apt-get ends some with a carriage return.
last_line() {
  tail -c 2000 "$log" | tr '\r' '\n' | tr -cd '\n[:print:]' | grep . | tail -n 1 || true
}

redraw() {
  local width
  while sleep 0.3; do
    width=$(tput cols 2>/dev/null || echo 80)
    printf '\r\e[K%s' "$(printf '%s, %d s: %s' "$title" $((SECONDS - started)) "$(last_line)" | cut -c "1-$((width - 1))")"
  done
}

# The reason of a failure: from the builder's first failed step on, else the last lines.
reason() {
  if grep -q '^FAILED: ' "$log"; then
    sed -n '/^FAILED: /,$p' "$log" | head -n 60
  else
    tail -n 30 "$log"
  fi
}

redrawing=
if [[ ! -t 1 ]]; then
  echo "$title (all of its output: $log)"
else
  redraw &
  redrawing=$!
  trap 'kill "$redrawing" 2>/dev/null || true' EXIT
fi
status=0
"$@" >>"$log" 2>&1 || status=$?
if [[ -n $redrawing ]]; then
  kill "$redrawing" 2>/dev/null || true
  wait "$redrawing" 2>/dev/null || true
  printf '\r\e[K'
fi

if ((status == 0)); then
  echo "$title: done in $((SECONDS - started)) s (all of its output: $log)"
else
  {
    reason
    echo "$title: FAILED after $((SECONDS - started)) s with exit code $status. All of its output is in $log; V=1 shows it as it comes."
  } >&2
fi
exit "$status"
