# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# Train, distil, prune, pack and use a model on real digits, the last three handing it on through pipes.
for tool in mx-train mx-distill mx-prune; do command -v $tool >/dev/null || { echo "$tool is not built"; exit 77; }; done
data=(--data "$MX_TEST_DATA/digits.csv" --fold 1/5)
run=(--seed 1 --threads 1 -q)
mx-train "${data[@]}" "${run[@]}" --scaling minmax --hidden 512,256 --dropout 0.2 --epochs 20 -o teacher.mx >/dev/null
cat >student.yaml <<'YAML'
hidden: 64
YAML
mx-distill teacher.mx --student student.yaml "${data[@]}" "${run[@]}" --epochs 60 --lr 0.003 -o student.mx >/dev/null
mkfifo to_pack
mx-prune student.mx "${data[@]}" "${run[@]}" --sparsity 0.8 --schedule gradual --finetune-epochs 60 --lr 0.003 --lr-schedule cosine \
  --checkpoint prune.ckpt -o - >to_pack &
mx-pack - --quantize int8 --effort max --calibrate "$MX_TEST_DATA/digits.csv" --fold 1/5 -o - <to_pack 2>log | tee packed.mx |
  mx-pack info --json - | jq -c '[.family, .parameters, .nonzero < 1100, (.tensors | length)]'
wait
mx-pack check packed.mx
mx-pack lineage --json packed.mx | jq -c '[.nodes[].operation], [.nodes[].parents | length]'
mx-infer eval packed.mx "${data[@]}" --json >packed.json
mx-infer eval teacher.mx "${data[@]}" --json >teacher.json
jq -c --slurpfile teacher teacher.json '[.n, .accuracy >= 0.955, .accuracy >= $teacher[0].accuracy - 0.025]' packed.json
[ "$(stat -c %s packed.mx)" -le 4458 ] || stat -c 'packed: %s bytes' packed.mx
mkfifo rows answers
head -n 4 "$MX_TEST_DATA/digits.csv" >rows &
mx-infer packed.mx <rows >answers &
jq -c .prediction <answers
wait
ls -A
