# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
prune() { mx-prune "$FIXTURES/digits.mx" --finetune-steps 2000000 --data "$FIXTURES/rows.csv" --checkpoint-every 10 --seed 1 --threads 1 -q -o p.mx "$@"; }
timeout -s TERM 3 mx-prune "$FIXTURES/digits.mx" --finetune-steps 2000000 --data "$FIXTURES/rows.csv" --checkpoint-every 10 --seed 1 \
  --threads 1 -q -o p.mx --sparsity 0.5 || true
ls -A
prune --sparsity 0.6
