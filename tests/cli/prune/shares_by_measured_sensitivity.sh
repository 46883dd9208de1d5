# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
prune() { mx-prune "$FIXTURES/digits.mx" --scope sensitivity --seed 1 --threads 1 -q "$@"; }
for criterion in wanda sparsegpt; do
  # Each row of a map loses a whole number of weights, so that the shares meet the sparsity to half a weight a row.
  prune --sparsity 0.6 --criterion $criterion --calibrate "$FIXTURES/rows.csv" --json -o $criterion.mx |
    jq -c '[(.sparsity - 0.6 | fabs) < 25 / 2080, .parameters, .nonzero <= 50 + 2080 * (1 - .sparsity) + 0.5]'
done
prune --sparsity 0.6 -o p.mx || echo "exit $?"
prune --pattern 2:4 --criterion wanda --calibrate "$FIXTURES/rows.csv" -o p.mx || echo "exit $?"
prune --sparsity 0.6 --criterion sparsegpt --calibrate "$FIXTURES/rows.csv" --max-memory 200KB -o p.mx || echo "exit $?"
mx-prune "$FIXTURES/digits.mx" --sparsity 0.6 --criterion sparsegpt --calibrate "$FIXTURES/rows.csv" --seed 1 --threads 1 --dry-run -o p.mx |
  sed 's/, [0-9]* bytes//'
ls -A
