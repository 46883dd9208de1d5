# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# The student's projections are in the checkpoint too.
source "$MX_SOURCE/tests/cli/stop_often.sh"
printf 'model: mlp\nhidden: 20,10\n' >student.yaml
command=(mx-distill "$FIXTURES/teacher.mx" --student student.yaml --match logits,hidden --data "$MX_TEST_DATA/digits.csv"
  --valid-fraction 0.1 --epochs 25 --optimizer adamw --seed 2 --threads 1 -q)
"${command[@]}" -o whole.mx >/dev/null
stop_often KILL parts.mx "${command[@]}" --checkpoint-every 350 -o parts.mx >/dev/null
cmp whole.mx parts.mx
