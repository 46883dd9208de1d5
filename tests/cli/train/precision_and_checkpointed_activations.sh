# SPDX-License-Identifier: Apache-2.0
seq 1 4000 >numbers.txt
train() {
  mx-train --data numbers.txt --model llama --tokenizer char --layers 2 --heads 2 --dim 32 --context 32 --batch-size 8 \
    --dropout 0.1 --valid-fraction 0.1 --steps 60 --lr 0.01 --seed 3 --threads 1 --json -q "$@"
}
train -o plain.mx | jq -r 'keys | map(select(. == "share_of_peak" or . == "tokens_per_second")) | join(" ")'
train --activation-checkpointing -o again.mx >/dev/null
mx-pack diff --ignore-lineage plain.mx again.mx
grep -q avx512_bf16 /proc/cpuinfo || {
  code=0
  train --precision bf16 -o bf16.mx 2>refusal || code=$?
  grep -q 'multiplies no bf16 numbers' refusal && [ $code = 2 ]
  exit
}
# Matrix products in bf16: another model, nearly as good.
train -o fp32.mx | jq .valid_loss >fp32
train --precision bf16 -o bf16.mx | jq .valid_loss >bf16
! cmp -s fp32.mx bf16.mx
jq -n --slurpfile a fp32 --slurpfile b bf16 '$b[0] < $a[0] + 0.05' | grep true >/dev/null
mx-pack info --json bf16.mx | jq -r '.tensors[0].dtype' | grep -q f32
