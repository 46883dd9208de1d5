# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/stop_often.sh"
cat >space.yaml <<'END'
lr: {low: 0.0005, high: 0.02, log: true}
dropout: {low: 0, high: 0.3}
END
command=(mx-train tune space.yaml --data "$MX_TEST_DATA/digits.csv" --valid-fraction 0.1 --hidden 128,64 --epochs 20
  --trials 6 --factor 2 --seed 4 --threads 1 --quiet)
"${command[@]}" -o whole.mx >whole.txt
stop_often KILL parts.mx "${command[@]}" --checkpoint-every 150 -o parts.mx >parts.txt
cmp whole.mx parts.mx
diff whole.txt parts.txt
[ ! -e parts.mx.trials ]
