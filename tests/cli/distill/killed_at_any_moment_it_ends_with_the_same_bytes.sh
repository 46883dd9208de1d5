# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# The control, which comes second, is gone on with too.
source "$MX_SOURCE/tests/cli/stop_often.sh"
command=(mx-distill "$FIXTURES/teacher.mx" --student auto:50% --data "$MX_TEST_DATA/digits.csv" --valid-fraction 0.1 --epochs 25
  --optimizer adamw --seed 2 --threads 1 -q --control)
"${command[@]}" -o whole.mx >whole.txt
stop_often KILL parts.mx "${command[@]}" --checkpoint-every 350 -o parts.mx >parts.txt
cmp whole.mx parts.mx
[ -z "$(find . -name '*.ckpt*' -o -name '.*tmp*')" ]
