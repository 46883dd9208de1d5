# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# A run that is killed again and again and started again with the same command.
source "$MX_SOURCE/tests/cli/stop_often.sh"
command=(mx-train --data "$MX_TEST_DATA/digits.csv" --label digit --fold 1/5 --valid-fraction 0.1 --hidden 128,64
  --dropout 0.1 --epochs 60 --seed 4 --threads 1 --quiet)
"${command[@]}" -o whole.mx >whole.txt
stop_often KILL parts.mx "${command[@]}" --checkpoint-every 250 -o parts.mx >parts.txt
cmp whole.mx parts.mx
[ ! -e parts.mx.ckpt ]
[ -z "$(find . -name '.*tmp*')" ]
