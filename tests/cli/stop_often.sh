# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by cases whose run is stopped again and again.

# checkpoints OUTPUT: what tells one state of its checkpoints from the next.
checkpoints() { stat -c '%n %i %.9Y %s' "$1".ckpt* "$1".trials/* 2>/dev/null || true; }

# stop_often SIGNAL OUTPUT COMMAND...: starts the command, sends it SIGNAL while it loads, and starts it again four
# times, each stopped after its next checkpoint; then lets it come to its end. Fails unless three signals arrived.
stop_often() {
  local signal=$1 output=$2 stops=0 at seen child
  shift 2
  for at in loading 1 2 3 4; do
    seen=$(checkpoints "$output")
    "$@" &
    child=$!
    if [ "$at" = loading ]; then sleep 0.1; fi
    while [ "$at" != loading ] && kill -0 "$child" 2>/dev/null && [ "$(checkpoints "$output")" = "$seen" ]; do sleep 0.01; done
    { kill -s "$signal" "$child" && stops=$((stops + 1)); wait "$child" || true; } 2>/dev/null
    [ ! -e "$output" ] || break
  done
  # A stop between the output and the removal of its checkpoint leaves both; the same command with -f ends that, too.
  { [ -e "$output" ] && [ -z "$(checkpoints "$output")" ]; } || "$@" -f
  [ "$stops" -ge 3 ] || { echo "only $stops times did the signal arrive" >&2; return 1; }
}
