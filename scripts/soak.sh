#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/soak.sh [KILLS [FOLDER]]
#
# Kills the five tools (100 times, or KILLS) with SIGKILL at random moments and starts them again with the same command.
# After each kill the file under the final name is absent or whole; in the end it has the bytes of a run that nothing
# disturbed, and nothing else is left. Goes on where a stopped soak was, in FOLDER (build/soak); remove that to begin anew.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
kills=${1:-100}
[[ $kills =~ ^[1-9][0-9]*$ ]] || fail "'$kills' is no number of kills" "usage: scripts/soak.sh [KILLS [FOLDER]]"
use_tools

work=$root/${2:-build/soak}
data=(--data tests/data/digits.csv --fold 1/5 --seed 7 --threads 1 --checkpoint-every 20)
builds=$(cat build/release/bin/mx-{train,distill,prune,pack,infer} | sha256sum)
if [ "$(cat "$work/builds" 2>/dev/null)" != "$builds" ]; then
  rm -rf "$work"  # what other tools wrote proves nothing
  mkdir -p "$work"
  echo "$builds" >"$work/builds"
fi
mkdir -p "$work/whole" "$work/killed"

# command_of TOOL OUTPUT: sets `command` to the tool's run that writes OUTPUT from undisturbed files.
command_of() {
  case $1 in
    train) command=(mx-train --config configs/digits-mlp.yaml --epochs 12 "${data[@]}" -o "$2") ;;
    distill) command=(mx-distill "$work/whole/train.mx" --student configs/digits-small.yaml --epochs 12 "${data[@]}" -o "$2") ;;
    prune) command=(mx-prune "$work/whole/train.mx" --sparsity 0.8 --schedule gradual --finetune-epochs 8 "${data[@]}" -o "$2") ;;
    pack) command=(mx-pack "$work/whole/prune.mx" --quantize int8 --effort max -o "$2") ;;
    infer) command=(mx-infer "$work/whole/train.mx" "$work/rows.csv" -o "$2") ;;
  esac
}
output_of() { if [ "$2" = infer ]; then echo "$work/$1/$2.jsonl"; else echo "$work/$1/$2.mx"; fi; }

# The files that nothing disturbs, and how long each takes.
[ -s "$work/rows.csv" ] || {
  head -n 1 tests/data/digits.csv
  for _ in $(seq 40); do tail -n +2 tests/data/digits.csv; done
} >"$work/rows.tmp"
[ ! -e "$work/rows.tmp" ] || mv "$work/rows.tmp" "$work/rows.csv"
for tool in train distill prune pack infer; do
  output=$(output_of whole "$tool")
  [ ! -s "$work/$tool.time" ] || continue
  say "$tool, undisturbed"
  rm -f "$output"*
  command_of "$tool" "$output"
  begin=$(date +%s%N)
  "${command[@]}" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the undisturbed run failed: ${command[*]}"; }
  echo $(($(date +%s%N) - begin)) >"$work/$tool.time"
done

# whole TOOL: fails unless the file under the final name, if it is there, is the undisturbed one.
whole() {
  local output
  output=$(output_of killed "$1")
  [ ! -e "$output" ] || cmp -s "$output" "$(output_of whole "$1")" ||
    fail "after kill $done_kills: $output is not what an undisturbed run writes" "${command[*]}"
}

read -r done_kills runs < <(cat "$work/kills" 2>/dev/null || echo 0 0)
tools=(train distill prune pack infer)
landed=0
while [ "$done_kills" -lt "$kills" ]; do
  tool=${tools[$((runs % 5))]}
  output=$(output_of killed "$tool")
  command_of "$tool" "$output"
  rm -f "$work"/killed/*
  # One or two kills of the same run, then it comes to its end.
  for _ in $(seq $((1 + RANDOM % 2))); do
    [ ! -e "$output" ] || break
    pause=$(($(cat "$work/$tool.time") * (RANDOM % 1000) / 1000))
    setsid "${command[@]}" >"$work/log" 2>&1 &
    child=$!
    sleep "$(printf '%d.%09d' $((pause / 1000000000)) $((pause % 1000000000)))"
    ! kill -KILL -- "-$child" 2>/dev/null || landed=$((landed + 1))
    wait "$child" 2>/dev/null || true
    done_kills=$((done_kills + 1))
    whole "$tool"
  done
  # A kill between the output and the removal of its checkpoint leaves both; the same command with -f ends that, too.
  { [ -e "$output" ] && [ ! -e "$output.ckpt" ]; } || "${command[@]}" -f >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "after kill $done_kills: the run did not come to its end" "${command[*]}"
  }
  whole "$tool"
  rest=$(find "$work/killed" -mindepth 1 ! -path "$output")
  [ -z "$rest" ] || fail "after kill $done_kills: files are left over: $rest" "${command[*]}"
  runs=$((runs + 1))
  echo "$done_kills $runs" >"$work/kills"
  say "$done_kills kills: $tool ends with the same bytes"
done
rm -f "$work/kills"
echo "$done_kills kills ($landed while the tool still ran in this session), the same bytes each time"
