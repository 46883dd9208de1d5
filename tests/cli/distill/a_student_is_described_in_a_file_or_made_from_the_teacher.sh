# SPDX-License-Identifier: Apache-2.0
data=(--data "$MX_TEST_DATA/digits.csv" --fold 1/5 --epochs 8 --lr 0.003 --seed 1 --threads 1 -q --json)
key() { grep -o "\"$2\":[0-9]*" "$1"; }
mx-distill "$FIXTURES/teacher.mx" --student "$MX_SOURCE/configs/digits-small.yaml" "${data[@]}" -o yaml.mx >yaml.json
key yaml.json student_parameters
cat >list.yaml <<'EOF'
- input: {shape: [64]}
- linear: {name: first, in: 64, out: 20}
- activation: {kind: tanh}
- linear: {name: last, in: 20, out: 10}
EOF
mx-distill "$FIXTURES/teacher.mx" --student list.yaml "${data[@]}" -o list.mx >list.json
key list.json student_parameters
mx-distill "$FIXTURES/teacher.mx" --student auto:25% "${data[@]}" -o auto.mx >auto.json
key auto.json teacher_parameters
[ "$(key auto.json student_parameters | cut -d: -f2)" -le $((11390 / 4)) ]
mx-distill "$FIXTURES/teacher.mx" auto.mx --student yaml.mx --divergence js "${data[@]}" -o both.mx >both.json
key both.json student_parameters
for name in teacher_loss teacher_accuracy student_loss student_accuracy agreement steps seconds train_loss rows_per_second; do
  grep -q "\"$name\":[0-9]" both.json || echo "no $name"
done
grep -q '"student_accuracy":0.9' yaml.json
