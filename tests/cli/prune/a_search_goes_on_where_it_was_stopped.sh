# SPDX-License-Identifier: Apache-2.0
# timeout: 300
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }

prune() {
  mx-prune "$FIXTURES/digits.mx" --max-loss-increase 0.1 --finetune-steps 150 --data "$FIXTURES/rows.csv" --lr 0.003 \
    --checkpoint-every 10 --seed 1 --threads 1 -q "$@"
}
prune -o whole.mx
for wait in 0.4 0.6 0.8 1; do
  status=0
  timeout -s TERM $wait bash -c "exec mx-prune '$FIXTURES/digits.mx' --max-loss-increase 0.1 --finetune-steps 150 \
    --data '$FIXTURES/rows.csv' --lr 0.003 --checkpoint-every 10 --seed 1 --threads 1 -q -o stopped.mx" || status=$?
done
[ -e stopped.mx ] || prune -o stopped.mx
cmp whole.mx stopped.mx
ls -A
