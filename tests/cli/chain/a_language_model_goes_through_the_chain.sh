# SPDX-License-Identifier: Apache-2.0
# timeout: 300
command -v mx-distill >/dev/null || { echo 'mx-distill is not built'; exit 77; }
awk 'BEGIN { for (i = 0; i < 1500; ++i) printf "%d and %d make %d.\n", i % 7, i % 5, i % 7 + i % 5 }' >sums.txt
text=(--data sums.txt --valid-fraction 0.1 --seed 1 --threads 1 -q)
mx-train "${text[@]}" --model gpt --tokenizer char --layers 2 --heads 2 --dim 32 --context 24 --steps 150 --lr 0.01 -o a.mx >/dev/null
mx-distill a.mx --student auto:40% "${text[@]}" --steps 100 --lr 0.01 -o b.mx >/dev/null
mx-prune b.mx --sparsity 0.5 --criterion gradient --finetune-steps 40 --lr 0.003 "${text[@]}" -o c.mx >/dev/null
mx-pack c.mx --quantize int8 --calibrate sums.txt -q -o d.mx >/dev/null
for m in a b c d; do
  mx-pack check $m.mx
  [ "$(mx-infer eval $m.mx --data sums.txt --json | jq '.perplexity < 4')" = true ] || echo "$m forgot too much"
done
[ "$(stat -c %s d.mx)" -lt "$(($(stat -c %s a.mx) / 4))" ]
mx-infer compare c.mx d.mx --data sums.txt --json | jq -c '[.n > 1000, .agreement > 0.9, .kl < 0.01]'
mx-pack lineage d.mx --json | jq -c '[.nodes[].operation]'
mx-infer d.mx --prompt '2 and 2 make' --max-tokens 2 --temperature 0
