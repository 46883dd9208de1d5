# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-prune "$FIXTURES/cnn.mx" --pattern channels --sparsity 0.5 --scope layer --seed 1 -q --json -o p.mx | jq -c .sparsity
mx-pack check p.mx
mx-pack info --json p.mx | jq -c '[.network[] | .conv2d // empty | [.in, .out]]'
mx-infer eval p.mx --data "$FIXTURES/rows.csv" --json | jq .n
