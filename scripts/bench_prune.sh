#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/bench_prune.sh [ROUNDS]
#
# Pruning beside PyTorch (MX_PYTHON=/path/to/python with torch and safetensors), in turns, 3 rounds or ROUNDS: SparseGPT
# and Wanda on a character model of GPT-2's shape (12 layers, 768 wide) trained for a few steps, calibrated on 32 windows
# of 256 characters of ../shared/data/tinyshakespeare.txt or MX_TEXT; and magnitudes over a whole model of 512 MB. Ours is
# the whole process, reading and writing included; PyTorch's is the pruning alone. Prints medians, the spread and the
# share of the weights that both remove or both keep.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
rounds=${1:-3}
[[ $rounds =~ ^[1-9][0-9]*$ ]] || fail "'$rounds' is no number of rounds" "usage: scripts/bench_prune.sh [ROUNDS]"
use_tools
python=${MX_PYTHON:-python3}
"$python" -c 'import safetensors.torch' 2>/dev/null || fail "$python has no torch and safetensors" "MX_PYTHON=/path/to/python"
text=${MX_TEXT:-$root/../shared/data/tinyshakespeare.txt}
[ -r "$text" ] || fail "there is no $text" "MX_TEXT=FILE names another text"
work=$root/build/bench
windows=32 context=256
mkdir -p "$work"
rm -f "$work"/prune-*
head -c $((windows * context)) "$text" >"$work/windows.txt"
[ -s "$work/gpt2.mx" ] || { say "a model of GPT-2's shape"
  mx-train --data "$text" --model gpt --layers 12 --heads 12 --dim 768 --context "$context" --tokenizer char --batch-size 4 --lr 0.0003 --steps 6 \
    --seed 1 -q -o "$work/gpt2.mx" >/dev/null; }
[ -s "$work/wide.mx" ] || { say "a model of 512 MB"
  mx-train --data tests/data/digits.csv --model mlp --hidden "11500,11500" --steps 1 --seed 1 -q -o "$work/wide.mx" >/dev/null; }
for name in gpt2 wide; do
  [ -s "$work/$name.safetensors" ] || mx-pack export --to safetensors "$work/$name.mx" -q -o "$work/$name.safetensors"
done

# ours NAME OPTION...: adds "seconds megabytes" of one mx-prune to $work/prune-NAME-mx.
ours() {
  local name=$1 begin end
  shift
  begin=$(date +%s%N)
  /usr/bin/time -f %M -o "$work/memory" mx-prune "$@" -q -f -o "$work/pruned.mx" >/dev/null
  end=$(date +%s%N)
  echo "$(((end - begin) / 1000000)) $(($(tail -n 1 "$work/memory") / 1024))" | awk '{ print $1 / 1000, $2 }' >>"$work/prune-$name-mx"
  mx-pack export --to safetensors "$work/pruned.mx" -q -f -o "$work/pruned.safetensors"
}

for _ in $(seq "$rounds"); do
  for method in wanda sparsegpt; do
    say "$method, load $(cut -d ' ' -f 1 /proc/loadavg)"
    ours "$method" "$work/gpt2.mx" --sparsity 0.5 --criterion "$method" --refine 0 --calibrate "$work/windows.txt"
    "$python" scripts/bench_torch_prune.py "$method" "$work/gpt2.safetensors" 12 "$text" "$windows" 0.5 "$(cores)" \
      "$work/pruned.safetensors" >>"$work/prune-$method-torch"
  done
  say "magnitude, load $(cut -d ' ' -f 1 /proc/loadavg)"
  ours magnitude "$work/wide.mx" --sparsity 0.7
  "$python" scripts/bench_torch_prune.py magnitude "$work/wide.safetensors" 0.7 "$(cores)" "$work/pruned.safetensors" >>"$work/prune-magnitude-torch"
done

# spread FILE FIELD FORMAT: "median (lowest to highest)" of the field in all lines.
spread() {
  awk -v field="$2" '{ print $field }' "$1" | sort -g | awk -v format="$3" '
    { value[NR] = $1 }
    END { printf(format " (" format " to " format ")", value[int((NR + 1) / 2)], value[1], value[NR]) }'
}
{
  echo "pruning|mx-prune, s|MB|PyTorch, s|MB|times faster|same, %"
  for method in wanda sparsegpt magnitude; do
    paste -d ' ' "$work/prune-$method-mx" "$work/prune-$method-torch" | awk '{ print $3 / $1, 100 * $5 }' >"$work/prune-$method-ratio"
    echo "$method|$(spread "$work/prune-$method-mx" 1 %.1f)|$(spread "$work/prune-$method-mx" 2 %.0f)|$(spread "$work/prune-$method-torch" 1 %.1f)|$(spread "$work/prune-$method-torch" 2 %.0f)|$(spread "$work/prune-$method-ratio" 1 %.2f)|$(spread "$work/prune-$method-ratio" 2 %.3f)"
  done
} | table
