# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
for criterion in magnitude gradient; do
  mx-prune "$FIXTURES/digits.mx" --sparsity 0.6 --criterion $criterion --data "$FIXTURES/rows.csv" --seed 1 --threads 1 -q --json -o $criterion.mx |
    jq -c '[.sparsity, (.loss_after < 1.5)]'
done
mx-prune "$FIXTURES/digits.mx" --sparsity 0.6 --criterion gradient --calibrate "$FIXTURES/rows.csv" --seed 1 --threads 1 -q -o calibrated.mx
mx-pack diff --json calibrated.mx gradient.mx | jq -c .tensors || true
mx-pack diff --json magnitude.mx gradient.mx | jq -c '.tensors | length > 0' || true
