#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/bench_kd.sh [ROUNDS]
#
# Measures a step of distillation with a teacher that is asked as the student learns, beside PyTorch's (MX_PYTHON, or a
# python3 that has torch) in turns: a character model of a quarter of its teacher's parameters (MX_TEXT or
# ../shared/data/tinyshakespeare.txt), and a 6 x 192 student of a 6 x 384 teacher at vocabularies of 8,192 and 50,257.
# Prints medians and the spread over 5 rounds, or ROUNDS, of milliseconds and of peak memory; and of steps from a --cache
# beside those of the student alone.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
rounds=${1:-5}
[[ $rounds =~ ^[1-9][0-9]*$ ]] || fail "'$rounds' is no number of rounds" "usage: scripts/bench_kd.sh [ROUNDS]"
use_tools
work=$root/build/bench-kd
mkdir -p "$work"
python=${MX_PYTHON:-python3}
"$python" -c 'import torch' 2>/dev/null || python=''

# words N: text of N random words, each of which becomes a token.
words() {
  awk -v n="$1" 'BEGIN {
    srand(1)
    for (i = 0; i < n; ++i) for (j = 0; j < 8; ++j) word[i] = word[i] substr("abcdefghijklmnopqrstuvwxyz", 1 + int(rand() * 26), 1)
    for (k = 0; k < 3 * n; ++k) printf "%s%s", word[(k * 7919) % n], k % 12 == 11 ? "\n" : " "
  }'
}

# step OPTION...: milliseconds of a step.
step() {
  mx-distill "$work/teacher.mx" --student "$work/student.yaml" --batch-size 12 --optimizer adamw --clip 1 --seed 1 --steps 1000 --dry-run \
    --json -q -o "$work/none.mx" "$@" 2>"$work/log" >"$work/out" || { cat "$work/log" >&2; fail "mx-distill failed"; }
  jq -r '.seconds / .steps * 1000' "$work/out"
}

# kd NAME DATA TEACHER_LAYERS HEADS DIM LAYERS HEADS DIM: a line "ms kilobytes" of each in $work/NAME-mx and $work/NAME-torch.
kd() {
  local name=$1 data=$2 vocab
  say "steps of distillation: $name, $rounds rounds${python:+, beside PyTorch}"
  vocab=$(mx-pack info --json "$data" | jq .tokenizer.tokens)
  mx-train --data "$data" --model gpt --layers "$3" --heads "$4" --dim "$5" --context 64 --steps 1 --seed 1 --resume never -q -f \
    -o "$work/teacher.mx" >"$work/out"
  printf 'model: gpt\nlayers: %s\nheads: %s\ndim: %s\n' "$6" "$7" "$8" >"$work/student.yaml"
  rm -f "$work/$name"-*
  for _ in $(seq "$rounds"); do
    echo "$(step --data "$data") $(jq '.memory_bytes / 1024' "$work/out")" >>"$work/$name-mx"
    [ -z "$python" ] ||
      "$python" scripts/bench_torch_kd.py "$3" "$4" "$5" "$6" "$7" "$8" 64 "$vocab" 12 8 "$(cores)" >>"$work/$name-torch"
  done
}

# cached NAME DATA: lines "from the cache, without a teacher" in $work/NAME-cached, of what kd() left, and the cache's share in
# $work/NAME-share: its bytes to those of all its positions' logits in fp32.
cached() {
  local name=$1 data=$2
  say "steps from a cache: $name"
  rm -f "$work/cache.mx"
  mx-distill "$work/teacher.mx" --student "$work/student.yaml" --data "$data" --steps 1 --seed 1 --cache "$work/cache.mx" -q -f -o "$work/small.mx" >"$work/out"
  mx-pack list "$work/cache.mx" --json | jq --argjson bytes "$(stat -c %s "$work/cache.mx")" --argjson vocab "$(mx-pack info "$work/cache.mx" --json | jq .cache.classes)" \
    '$bytes / ([.tensors[] | select(.name | startswith("steps.")) | .shape[0]] | add * $vocab * 4) * 100' >"$work/$name-share"
  for _ in $(seq "$rounds"); do
    echo "$(step --data "$data" --cache "$work/cache.mx") $(step --data "$data" --alpha 0)" >>"$work/$name-cached"
  done
}

# median NAME FIELD SCALE FORMAT: "median (lowest to highest)".
median() {
  awk -v field="$2" '{ print $field }' "$work/$1" | sort -g | awk -v scale="$3" -v format="$4" '
    { value[NR] = $1 / scale }
    END { printf(format " (" format " to " format ")", NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2, value[1], value[NR]) }'
}

names=()
text=${MX_TEXT:-$root/../shared/data/tinyshakespeare.txt}
if [ -r "$text" ]; then
  mx-train prepare "$text" --tokenizer char -q -f -o "$work/text.mx" >"$work/out"
  kd character "$work/text.mx" 4 4 128 4 4 64
  names+=(character)
fi
for vocab in 8192 50257; do
  [ -s "$work/words-$vocab.mx" ] || {
    words $((vocab * 4 / 5)) >"$work/words.txt"
    mx-train prepare "$work/words.txt" --tokenizer bpe --vocab "$vocab" -q -f -o "$work/words-$vocab.mx" >"$work/out"
  }
  kd "vocabulary-$vocab" "$work/words-$vocab.mx" 6 6 384 6 6 192
  cached "vocabulary-$vocab" "$work/words-$vocab.mx"
  names+=("vocabulary-$vocab")
done
{
  echo "a step of distillation|mx-distill, ms|PyTorch, eager|times faster|mx-distill, MB|PyTorch|share"
  for name in "${names[@]}"; do
    if [ -n "$python" ]; then
      paste -d ' ' "$work/$name-mx" "$work/$name-torch" | awk '{ print $3 / $1, $2 / $4 }' >"$work/$name-ratio"
      echo "$name|$(median "$name-mx" 1 1 %.1f)|$(median "$name-torch" 1 1 %.1f)|$(median "$name-ratio" 1 1 %.2f)|$(median "$name-mx" 2 1024 %.0f)|$(median "$name-torch" 2 1024 %.0f)|$(median "$name-ratio" 2 1 %.2f)"
    else
      echo "$name|$(median "$name-mx" 1 1 %.1f)|||$(median "$name-mx" 2 1024 %.0f)||"
    fi
  done
} | table
echo
{
  echo "a step from a cache of k = 64|ms|the student alone, ms|times as long|of the logits' bytes, %"
  for name in "${names[@]}"; do
    [ -e "$work/$name-cached" ] || continue
    awk '{ print $1 / $2 }' "$work/$name-cached" >"$work/$name-longer"
    echo "$name|$(median "$name-cached" 1 1 %.1f)|$(median "$name-cached" 2 1 %.1f)|$(median "$name-longer" 1 1 %.3f)|$(awk '{ printf "%.2f", $1 }' "$work/$name-share")"
  done
} | table
