#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/arithmetic.sh [STEPS]
#
# A language model that needs no download: addition of numbers of up to three digits, written as "12+7=91" with the
# answer's lowest digit first, of which only the answer is learned. Trains a small Llama (rotary positions line digits
# up sooner than learned ones), measures how many sums it never saw it answers exactly, then distils, prunes and packs
# it. One table at the end; the files stay in build/arithmetic.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
steps=${1:-4000}
[[ $steps =~ ^[1-9][0-9]*$ ]] || fail "'$steps' is no number of steps" "usage: scripts/arithmetic.sh [STEPS]"
use_tools
out=build/arithmetic
mkdir -p "$out"
rm -f "$out"/*.ckpt  # of runs with other settings

# Numbers are drawn with as many digits as another, so short sums come often and long ones build on them. A tenth of all
# pairs, whichever way round, is kept for the test.
awk -v train="$out/train.txt" -v test="$out/test.txt" '
function draw(bound) { state = (state * 69069 + 1) % 4294967296; return int(state / 4294967296 * bound) }
function kept(a, b) { return (a < b ? a * 1000 + b : b * 1000 + a) * 2654435761 % 4294967296 < 429496730 }
BEGIN {
  state = 7
  while (trained < 300000 || tested < 1000) {
    a = draw(10 ^ (1 + draw(3))); b = draw(10 ^ (1 + draw(3)))
    text = a + b ""; line = a "+" b "="
    for (i = length(text); i > 0; --i) line = line substr(text, i, 1)
    if (!kept(a, b)) { if (trained++ < 300000) print line > train }
    else if (!(line in seen) && tested < 1000) { seen[line] = 1; ++tested; print line > test }
  }
}'
cut -d= -f1 "$out/test.txt" | sed 's/$/=/' >"$out/prompts.txt"
cut -d= -f2 "$out/test.txt" >"$out/answers.txt"

data=(--data "$out/train.txt" --documents line --loss-after "=" --batch-size 128 --seed 1)
rows='stage|bytes|parameters|nonzero|exact answers of 1000|seconds'

# stage NAME COMMAND...: runs one tool, which writes $out/NAME.mx, and adds a line to the table.
stage() {
  local name=$1 begin seconds exact
  shift
  say "$name: $*"
  begin=$(date +%s%N)
  "$@" --force -o "$out/$name.mx" >"$out/$name.log" 2>&1 || { tail -n 20 "$out/$name.log" >&2; fail "that command failed"; }
  seconds=$((($(date +%s%N) - begin) / 1000000000))
  mx-infer "$out/$name.mx" "$out/prompts.txt" --temperature 0 --max-tokens 5 --output text >"$out/$name.txt"
  exact=$(paste -d ' ' "$out/$name.txt" "$out/answers.txt" | awk '$1 == $2' | wc -l)
  rows+=$'\n'"$name|$(stat -c %s "$out/$name.mx")|$(mx-pack info --json "$out/$name.mx" | jq -r '"\(.parameters)|\(.nonzero)"')|$exact|$seconds"
  say "  $exact of 1000 exact"
}

stage trained mx-train "${data[@]}" --model llama --tokenizer char --context 14 --layers 2 --heads 4 --dim 128 \
  --optimizer adamw --lr 0.003 --weight-decay 0.01 --schedule cosine --warmup 100 --clip 1 --steps "$steps"
stage distilled mx-distill "$out/trained.mx" --student auto:60% "${data[@]}" --alpha 0.5 \
  --optimizer adamw --lr 0.003 --schedule cosine --warmup 100 --clip 1 --steps "$steps"
stage pruned mx-prune "$out/distilled.mx" --sparsity 0.5 --schedule gradual "${data[@]}" \
  --optimizer adamw --lr 0.002 --lr-schedule cosine --finetune-steps $((steps / 2))
stage packed mx-pack "$out/pruned.mx" --quantize int8
table <<<"$rows"
