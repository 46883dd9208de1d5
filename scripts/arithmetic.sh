#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/arithmetic.sh [STEPS]
#
# A language model that needs no download: addition of numbers of up to three digits, written as "12+7=91" with the
# answer's lowest digit first, of which only the answer is learned. Trains a small GPT, measures how many sums it never
# saw it answers exactly, then distils, prunes and packs it. One table at the end; the files stay in build/arithmetic.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
steps=${1:-4000}
[[ $steps =~ ^[1-9][0-9]*$ ]] || fail "'$steps' is no number of steps" "usage: scripts/arithmetic.sh [STEPS]"
use_tools
out=build/arithmetic
mkdir -p "$out"

# Sums are drawn with as many digits as another, each at most once; the first thousand are kept for the test.
awk 'function draw(bound) { state = (state * 69069 + 1) % 4294967296; return int(state / 4294967296 * bound) }
BEGIN {
  state = 7
  while (n < 61000) {
    a = draw(10 ^ (1 + draw(3))); b = draw(10 ^ (1 + draw(3)))
    key = a "+" b "="
    pair = a < b ? a "+" b : b "+" a  # the same sum the other way round is not unseen
    if (pair in seen) { if (++again > 1000000) break; continue }
    seen[pair] = 1; ++n; text = a + b ""; turned = ""
    for (i = length(text); i > 0; --i) turned = turned substr(text, i, 1)
    print key turned
  }
}' >"$out/sums.txt"
head -n 1000 "$out/sums.txt" >"$out/test.txt"
tail -n +1001 "$out/sums.txt" >"$out/train.txt"
cut -d= -f1 "$out/test.txt" | sed 's/$/=/' >"$out/prompts.txt"
cut -d= -f2 "$out/test.txt" >"$out/answers.txt"

data=(--data "$out/train.txt" --documents line --loss-after "=" --batch-size 64 --seed 1)
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

stage trained mx-train "${data[@]}" --model gpt --tokenizer char --context 14 --layers 3 --heads 4 --dim 96 \
  --optimizer adamw --lr 0.003 --weight-decay 0.01 --schedule cosine --warmup 100 --clip 1 --steps "$steps"
stage distilled mx-distill "$out/trained.mx" --student auto:60% "${data[@]}" --alpha 0.5 \
  --optimizer adamw --lr 0.003 --schedule cosine --warmup 100 --clip 1 --steps "$steps"
stage pruned mx-prune "$out/distilled.mx" --sparsity 0.5 --schedule gradual "${data[@]}" \
  --optimizer adamw --lr 0.002 --lr-schedule cosine --finetune-steps $((steps / 2))
stage packed mx-pack "$out/pruned.mx" --quantize int8
table <<<"$rows"
