#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/quickstart.sh
#
# From a fresh Debian 12 to a packed model: makes the machine ready (scripts/setup.sh), builds the five tools, and runs
# the chain on real digits: train, distil, prune, pack, use. One table at the end; the files stay in build/quickstart.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -eq 0 ] || fail "unknown argument '$1'" "usage: scripts/quickstart.sh"
scripts/setup.sh
say "building the five tools"
configure build/release -DCMAKE_BUILD_TYPE=Release
build build/release mx-train mx-distill mx-prune mx-pack mx-infer
use_tools

out=build/quickstart
mkdir -p "$out"
data=(--data tests/data/digits.csv --fold 1/5)  # a fifth of the rows is kept from training and measures each stage
rows='stage|bytes|parameters|nonzero|test accuracy (95 %)|seconds'

# stage NAME TEXT COMMAND... : runs one tool, which writes $out/NAME.mx, and adds a line to the table.
stage() {
  local name=$1 file=$out/$1.mx begin seconds info
  say "$2: ${*:3}"
  begin=$(date +%s%N)
  "${@:3}" --force -o "$file" 2>"$out/$name.log" >&2 || {
    tail -n 20 "$out/$name.log" >&2
    fail "that command failed; its log is $out/$name.log"
  }
  seconds=$((($(date +%s%N) - begin) / 10000000))
  info=$(mx-pack info --json "$file")
  mx-infer eval "$file" "${data[@]}" --json >"$out/$name.json" 2>>"$out/$name.log"
  rows+=$'\n'$name$(jq -rn --argjson info "$info" --slurpfile eval "$out/$name.json" --arg bytes "$(stat -c %s "$file")" '
    def digits($n): . * pow(10; $n) | round | tostring | "0" * ([0, $n + 1 - length] | max) + . | .[:-$n] + "." + .[-$n:];
    $eval[0] as $e | "|\($bytes)|\($info.parameters)|\($info.nonzero)|" +
    "\($e.accuracy | digits(4)) [\($e.accuracy_interval[0] | digits(4)), \($e.accuracy_interval[1] | digits(4))]"')
  rows+=$(printf '|%d.%02d' $((seconds / 100)) $((seconds % 100)))
  say "  test accuracy $(jq '.accuracy * 10000 | round / 10000' "$out/$name.json"), $(stat -c %s "$file") bytes"
}

stage trained "training a teacher, 64-512-256-10" mx-train --config configs/digits-mlp.yaml "${data[@]}" --seed 1
stage distilled "distilling a small student" \
  mx-distill "$out/trained.mx" --student configs/digits-small.yaml "${data[@]}" --seed 1
stage pruned "pruning the student" \
  mx-prune "$out/distilled.mx" --sparsity 0.8 --schedule gradual --finetune-epochs 60 "${data[@]}" --seed 1
stage packed "packing it" mx-pack "$out/pruned.mx" --quantize int8 --effort max

say "using it: the first four rows"
head -n 5 tests/data/digits.csv | mx-infer "$out/packed.mx" >&2
say "the chain is done; its files are in $out"
table <<<"$rows"
