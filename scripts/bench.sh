#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/bench.sh [ROUNDS]
#
# Measures (5 rounds, or ROUNDS; alternately, so that a busy machine touches all alike): start-up time and memory of each
# tool, rows per second of training beside PyTorch (MX_PYTHON=/path/to/python, or a python3 that has torch), steps of
# language models beside PyTorch's (on ../shared/data/tinyshakespeare.txt or MX_TEXT), and how fast mx-pack packs and
# unpacks; with MX_WEIGHTS="FILE.safetensors ..." also those weights, beside ZipNN (of MX_PYTHON). Prints medians and the
# spread. Not a test: nothing fails by being slow.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
rounds=${1:-5}
[[ $rounds =~ ^[1-9][0-9]*$ ]] || fail "'$rounds' is no number of rounds" "usage: scripts/bench.sh [ROUNDS]"
use_tools
[ -x /usr/bin/time ] || fail "GNU time is missing" "scripts/setup.sh --tests installs it"
work=$root/build/bench
mkdir -p "$work"

# measure NAME COMMAND...: adds "seconds kilobytes" of one run to $work/NAME.
measure() {
  local name=$1 begin end
  shift
  begin=$(date +%s%N)
  /usr/bin/time -f %M -o "$work/memory" "$@" >"$work/out" 2>"$work/log" || { cat "$work/log" >&2; fail "this failed: $*"; }
  end=$(date +%s%N)
  echo "$(((end - begin) / 1000)) $(tail -n 1 "$work/memory")" >>"$work/$name"
}

# spread FILE FIELD SCALE FORMAT: "median (lowest to highest)" of the field in all lines, divided by SCALE.
spread() {
  awk -v field="$2" '{ print $field }' "$1" | sort -g | awk -v scale="$3" -v format="$4" '
    { value[NR] = $1 / scale }
    END { printf(format " (" format " to " format ")", NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2, value[1], value[NR]) }'
}

say "start-up of each tool, $rounds x 4 runs"
rm -f "$work"/start-* "$work"/train-* "$work"/pack-* "$work"/weights-*
for _ in $(seq $((rounds * 4))); do
  for tool in train distill prune pack infer; do measure "start-$tool" "mx-$tool" --version; done
done

python=${MX_PYTHON:-python3}
"$python" -c 'import torch' 2>/dev/null || python=''
training=(--data tests/data/digits.csv --model mlp --hidden "512,256" --optimizer adam --lr 0.001 --batch-size 32 --epochs 20)
say "training 64-512-256-10 on digits, $rounds rounds${python:+, beside PyTorch}"
for _ in $(seq "$rounds"); do
  mx-train "${training[@]}" --seed 1 --resume never --json -q -f -o "$work/trained.mx" >"$work/out.json" 2>"$work/log" ||
    { cat "$work/log" >&2; fail "mx-train failed"; }
  jq -r .rows_per_second "$work/out.json" >>"$work/train-mx"
  [ -z "$python" ] || "$python" scripts/bench_torch.py tests/data/digits.csv >>"$work/train-torch"
done

# words: text of 40,000 random words, which gives a byte-pair tokenizer as many tokens as GPT-2 has.
words() {
  awk 'BEGIN {
    srand(1)
    for (i = 0; i < 40000; ++i) for (j = 0; j < 8; ++j) word[i] = word[i] substr("abcdefghijklmnopqrstuvwxyz", 1 + int(rand() * 26), 1)
    for (n = 0; n < 120000; ++n) printf "%s%s", word[(n * 7919) % 40000], n % 12 == 11 ? "\n" : " "
  }'
}

# gpt NAME LAYERS HEADS DIM CONTEXT BATCH DATA: milliseconds of a step, ours and PyTorch's in turns. NAME-bf16: in bf16.
gpt() {
  local name=$1 layers=$2 heads=$3 dim=$4 context=$5 batch=$6 data=$7 vocab precision=fp32
  [[ $name != *-bf16 ]] || precision=bf16
  say "training steps: $name, $rounds rounds${python:+, beside PyTorch}"
  local shape=(--data "$data" --model gpt --layers "$layers" --heads "$heads" --dim "$dim" --context "$context"
    --batch-size "$batch" --optimizer adamw --clip 1 --seed 1 --steps 1000 --precision "$precision")
  vocab=$(mx-pack info --json "$data" | jq .tokenizer.tokens)
  for _ in $(seq "$rounds"); do
    mx-train "${shape[@]}" --dry-run --json -q -o "$work/none.mx" 2>"$work/log" >"$work/out.json" ||
      { cat "$work/log" >&2; fail "mx-train failed"; }
    jq '.seconds / .steps * 1000' "$work/out.json" >>"$work/gpt-mx-$name"
    jq '.share_of_peak * 100' "$work/out.json" >>"$work/gpt-share-$name"
    [ -z "$python" ] || "$python" scripts/bench_torch_gpt.py "$layers" "$heads" "$dim" "$context" "$vocab" "$batch" 8 "$(cores)" \
      "$precision" >>"$work/gpt-torch-$name"
  done
}
rm -f "$work"/gpt-* "$work"/first-*
names=(gpt2-small)
words >"$work/words.txt"
mx-train prepare "$work/words.txt" --tokenizer bpe --vocab 50257 -q -f -o "$work/words.mx" >"$work/out"
gpt gpt2-small 12 12 768 64 4 "$work/words.mx"
if grep -q avx512_bf16 /proc/cpuinfo; then
  names+=(gpt2-small-bf16)
  gpt gpt2-small-bf16 12 12 768 64 4 "$work/words.mx"
fi
text=${MX_TEXT:-$root/../shared/data/tinyshakespeare.txt}
if [ -r "$text" ]; then
  names+=(character)
  mx-train prepare "$text" --tokenizer char -q -f -o "$work/text.mx" >"$work/out"
  gpt character 4 4 128 64 12 "$work/text.mx"
  say "from the start of the process to the first step, $rounds rounds"
  for _ in $(seq "$rounds"); do
    measure first-mx mx-train --data "$text" --model gpt --layers 4 --heads 4 --dim 128 --context 64 --batch-size 12 --tokenizer char \
      --steps 1 --seed 1 --resume never -q -f -o "$work/first.mx"
    [ -z "$python" ] || measure first-torch "$python" scripts/bench_torch_gpt.py 4 4 128 64 65 12 1 "$(cores)"
  done
else
  say "the character model is left out: there is no $text"
fi

say "packing and unpacking a model of 64 MB, $rounds rounds"
large=(--data tests/data/digits.csv --model mlp --hidden "3900,3900" --steps 2 --seed 1)
[ -s "$work/large.mx" ] || mx-train "${large[@]}" -q -o "$work/large.mx"
bytes=$(($(mx-pack info --json "$work/large.mx" | jq .parameters) * 4))
for _ in $(seq "$rounds"); do
  measure pack-write mx-pack "$work/large.mx" -f -q -o "$work/packed.mx"
  measure pack-export mx-pack export --to safetensors "$work/packed.mx" -f -q -o "$work/large.safetensors"
  measure pack-check mx-pack check "$work/packed.mx"
done

for weights in ${MX_WEIGHTS:-}; do
  name=weights-$(basename "$weights" .safetensors)
  say "coding the tensors of $weights in memory, $rounds rounds, beside ZipNN"
  mx-pack import "$weights" -f -q -o "$work/weights.mx" >"$work/out"
  for _ in $(seq "$rounds"); do
    MX_SPEED_MODEL=$work/weights.mx test_file --no-skip --test-case="how fast a file*" >"$work/speed"
    awk '$1 == "speed" || $1 == "size" { value[$1 $2] = $3 }
      END { print value["speedfast"], value["speednormal"], value["speedread-1"], value["speedread-2"], value["sizenormal"] }' "$work/speed" >>"$work/$name-mx"
    "$python" scripts/bench_zipnn.py "$weights" >>"$work/$name-zipnn"
  done
done

{
  echo "tool|start-up, ms|memory, MB"
  for tool in train distill prune pack infer; do
    echo "mx-$tool|$(spread "$work/start-$tool" 1 1000 %.1f)|$(spread "$work/start-$tool" 2 1024 %.1f)"
  done
} | table
echo
{
  echo "training, rows per second|median (spread)"
  echo "mx-train|$(spread "$work/train-mx" 1 1 %.0f)"
  [ -z "$python" ] || echo "PyTorch, eager|$(spread "$work/train-torch" 1 1 %.0f)"
} | table
echo
# ratio NAME: PyTorch's time over ours, round by round.
ratio() {
  paste "$work/gpt-torch-$1" "$work/gpt-mx-$1" | awk '{ print $1 / $2 }' >"$work/gpt-ratio-$1"
  spread "$work/gpt-ratio-$1" 1 1 %.2f
}
{
  echo "a language model's step, ms|mx-train|share of the fp32 peak, %|PyTorch, eager|times faster"
  for name in "${names[@]}"; do
    echo "$name|$(spread "$work/gpt-mx-$name" 1 1 %.1f)|$(spread "$work/gpt-share-$name" 1 1 %.0f)|$([ -z "$python" ] ||
      echo "$(spread "$work/gpt-torch-$name" 1 1 %.1f)|$(ratio "$name")")"
  done
  [ ! -s "$work/first-mx" ] ||
    echo "process start to first step|$(spread "$work/first-mx" 1 1000 %.0f)||$([ -z "$python" ] || spread "$work/first-torch" 1 1000 %.0f)"
} | table
echo
{
  echo "mx-pack, GB of fp32 weights per second|median (spread)"
  for part in write:'pack (decode, code anew, write)' export:'unpack to safetensors' check:'check (decode, digests, probes)'; do
    file=$work/pack-${part%%:*}
    awk -v bytes="$bytes" '{ print bytes / $1 / 1000 }' "$file" >"$file-speed"
    echo "${part#*:}|$(spread "$file-speed" 1 1 %.2f)"
  done
} | table
for weights in ${MX_WEIGHTS:-}; do
  name=weights-$(basename "$weights" .safetensors)
  paste -d ' ' "$work/$name-mx" "$work/$name-zipnn" | awk '{ print $1 / $7, $2 / $7, $3 / $8, $4 / $3 }' >"$work/$name-ratio"
  echo
  {
    echo "$(basename "$weights"), one thread|mx|ZipNN|times faster"
    echo "size, % of raw|$(spread "$work/$name-mx" 5 1 %.2f)|$(spread "$work/$name-zipnn" 1 1 %.2f)|"
    echo "in, fast, GB/s|$(spread "$work/$name-mx" 1 1 %.2f)|$(spread "$work/$name-zipnn" 2 1 %.2f)|$(spread "$work/$name-ratio" 1 1 %.2f)"
    echo "in, normal, GB/s|$(spread "$work/$name-mx" 2 1 %.2f)|$(spread "$work/$name-zipnn" 2 1 %.2f)|$(spread "$work/$name-ratio" 2 1 %.2f)"
    echo "out, verified, GB/s|$(spread "$work/$name-mx" 3 1 %.2f)|$(spread "$work/$name-zipnn" 3 1 %.2f)|$(spread "$work/$name-ratio" 3 1 %.2f)"
    echo "out, two threads|$(spread "$work/$name-mx" 4 1 %.2f)||$(spread "$work/$name-ratio" 4 1 %.2f) of one"
  } | table
done
[ -z "$python" ] || ! "$python" -c 'import safetensors.torch' 2>/dev/null || { echo; scripts/bench_prune.sh "$rounds"; }
