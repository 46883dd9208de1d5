# SPDX-License-Identifier: Apache-2.0
# timeout: 300
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
source "$MX_SOURCE/tests/cli/stop_often.sh"
command=(mx-prune "$FIXTURES/digits.mx" --max-loss-increase 0.1 --finetune-steps 150 --data "$FIXTURES/rows.csv" --lr 0.003
  --checkpoint-every 10 --seed 1 --threads 1 -q)
"${command[@]}" -o whole.mx
stop_often TERM stopped.mx "${command[@]}" -o stopped.mx
cmp whole.mx stopped.mx
ls -A
