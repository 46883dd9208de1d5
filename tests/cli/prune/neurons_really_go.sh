# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-prune "$FIXTURES/digits.mx" --pattern neurons --sparsity 0.5 --seed 1 -q -o p.mx
mx-pack check p.mx
mx-pack list --json p.mx | jq -c '[.tensors[].shape] | tostring | length > 0'
mx-pack info --json p.mx | jq -c '[.parameters < 2130, ([.network[] | .linear // empty | .out] | add)]'
mx-infer eval p.mx --data "$FIXTURES/rows.csv" --json | jq .n
