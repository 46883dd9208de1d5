# SPDX-License-Identifier: Apache-2.0
# timeout: 300
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
source "$MX_SOURCE/tests/cli/stop_often.sh"
command=(mx-prune "$FIXTURES/digits.mx" --sparsity 0.7 --schedule gradual --finetune-steps 600 --data "$FIXTURES/rows.csv"
  --lr 0.003 --seed 1 --threads 1 -q)
"${command[@]}" -o whole.mx >/dev/null
stop_often KILL killed.mx "${command[@]}" --checkpoint-every 20 -o killed.mx >/dev/null
cmp whole.mx killed.mx
ls -A
