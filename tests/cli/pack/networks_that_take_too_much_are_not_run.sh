# SPDX-License-Identifier: Apache-2.0
# Files of a few kilobytes whose networks would run for hours, or be larger inside than memory.
# tensors NAME:SHAPE...: a safetensors file of zeros.
tensors() {
  local at=0 header='' one
  for one in "$@"; do
    local end=$((at + 4 * $(tr ',' '*' <<<"${one#*:}")))
    header+="${header:+,}\"${one%%:*}\":{\"dtype\":\"F32\",\"shape\":[${one#*:}],\"data_offsets\":[$at,$end]}"
    at=$end
  done
  header="{$header}"
  local size=${#header}
  printf "\\x$(printf %02x $((size & 255)))\\x$(printf %02x $((size >> 8)))\\0\\0\\0\\0\\0\\0%s" "$header"
  head -c "$at" /dev/zero
}
import() { mx-pack import "$1.safetensors" --network "$1.yaml" --license MIT -q -o "$1.mx" >/dev/null || echo "exit $?"; }
tensors 0.weight:8,1,1,1 1.weight:8,8,31,31 2.weight:8,8,31,31 3.weight:8,8,31,31 4.weight:1,8,1,1 >long.safetensors
cat >long.yaml <<'YAML'
- input: {shape: [1, 1024, 1024]}
- conv2d: {name: "0", in: 1, out: 8, kernel: 1, bias: false}
- conv2d: {name: "1", in: 8, out: 8, kernel: 31, padding: 15, bias: false}
- conv2d: {name: "2", in: 8, out: 8, kernel: 31, padding: 15, bias: false}
- conv2d: {name: "3", in: 8, out: 8, kernel: 31, padding: 15, bias: false}
- conv2d: {name: "4", in: 8, out: 1, kernel: 1, bias: false}
YAML
import long
tensors 0.weight:32,1,1,1 1.weight:1,32,1,1 >wide.safetensors
cat >wide.yaml <<'YAML'
- input: {shape: [1, 512, 512]}
- conv2d: {name: "0", in: 1, out: 32, kernel: 1, bias: false}
- conv2d: {name: "1", in: 32, out: 1, kernel: 1, bias: false}
YAML
import wide
mx-pack check wide.mx
mx-pack check wide.mx --max-memory 40MB || echo "exit $?"
mx-pack wide.mx --max-memory 40MB -q -o again.mx || echo "exit $?"
mx-pack doctor wide.mx --max-memory 40MB || echo "exit $?"
# What the executor does not know is the file's fault, not ours.
tensors 0.query:8,8 0.key:8,8 0.value:8,8 0.output:8,8 >rows.safetensors
cat >rows.yaml <<'YAML'
- input: {shape: [4, 8]}
- attention: {name: "0", dim: 8, heads: 2, kv_heads: 2, head_dim: 4, bias: false, output_bias: false}
YAML
import rows
ls ./*.mx
