# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-prune "$FIXTURES/digits.mx" --sparsity 0.5 --finetune-epochs 5 --data "$FIXTURES/rows.csv" --seed 1 --threads 1 -q --dry-run -o p.mx
ls -A
