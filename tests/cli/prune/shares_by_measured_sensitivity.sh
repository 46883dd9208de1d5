# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
prune() { mx-prune "$FIXTURES/digits.mx" --scope sensitivity --seed 1 --threads 1 -q "$@"; }
for criterion in wanda sparsegpt; do
  prune --sparsity 0.6 --criterion $criterion --calibrate "$FIXTURES/rows.csv" -o $criterion.mx | sed 's/, [0-9]* bytes//'
done
prune --sparsity 0.6 -o p.mx || echo "exit $?"
prune --pattern 2:4 --criterion wanda --calibrate "$FIXTURES/rows.csv" -o p.mx || echo "exit $?"
prune --sparsity 0.6 --criterion sparsegpt --calibrate "$FIXTURES/rows.csv" --max-memory 200KB -o p.mx || echo "exit $?"
mx-prune "$FIXTURES/digits.mx" --sparsity 0.6 --criterion sparsegpt --calibrate "$FIXTURES/rows.csv" --seed 1 --threads 1 --dry-run -o p.mx |
  sed 's/, [0-9]* bytes//'
ls -A
