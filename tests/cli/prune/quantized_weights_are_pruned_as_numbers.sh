# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/digits.mx" --quantize int8 -o int8.mx >/dev/null
mx-prune int8.mx --sparsity 0.5 --seed 1 -q -o p.mx
mx-pack list --json p.mx | jq -c '[.tensors[].dtype] | unique'
