# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-prune "$FIXTURES/digits.mx" --pattern neurons --sparsity 0.5 --schedule gradual --finetune-steps 60 --data "$FIXTURES/rows.csv" \
  --seed 1 --threads 1 -q --json -o p.mx | jq -c '[.sparsity, .parameters < 2130, .steps, (.loss_after | type)]'
mx-pack check p.mx
