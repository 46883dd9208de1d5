# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-prune "$FIXTURES/digits.mx" --max-loss-increase 0 --pattern neurons --data "$FIXTURES/rows.csv" --seed 1 --threads 1 -q -o p.mx 2>err || echo "exit $?"
sed 's/[0-9.e+-]\{2,\}/N/g' err | grep -v '^mx-prune: sparsity'
ls -A
