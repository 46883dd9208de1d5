# SPDX-License-Identifier: Apache-2.0
# timeout: 300
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }

prune() {
  mx-prune "$FIXTURES/digits.mx" --sparsity 0.7 --schedule gradual --finetune-steps 600 --data "$FIXTURES/rows.csv" --lr 0.003 \
    --checkpoint-every 20 --seed 1 --threads 1 "$@"
}
prune -q -o whole.mx >/dev/null
{ for wait in 0.3 0.5 0.7; do
  timeout -s KILL $wait mx-prune "$FIXTURES/digits.mx" --sparsity 0.7 --schedule gradual --finetune-steps 600 \
    --data "$FIXTURES/rows.csv" --lr 0.003 --checkpoint-every 20 --seed 1 --threads 1 -q -o killed.mx >/dev/null || true
done; } 2>/dev/null  # the shell tells of every kill
[ -e killed.mx ] || prune -q -o killed.mx >/dev/null
cmp whole.mx killed.mx
ls -A
