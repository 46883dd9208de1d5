# SPDX-License-Identifier: Apache-2.0
# The same sums as rows of prompt and completion, and as lines with a mark in front of the answer.
awk 'BEGIN { srand(3); for (i = 0; i < 600; ++i) { a = int(rand() * 10); b = int(rand() * 10); print a "+" b "=" a + b } }' >sums.txt
sed -E 's/(.*=)(.*)/{"prompt": "\1", "completion": "\2"}/' sums.txt >sums.jsonl
train() {
  mx-train --model gpt --tokenizer char --layers 2 --heads 2 --dim 32 --context 8 --steps 800 --lr 0.01 --schedule cosine --batch-size 32 \
    --seed 1 --threads 1 -q "$@" >/dev/null
}
train --data sums.jsonl -o rows.mx
train --data sums.txt --documents line --loss-after = -o lines.mx
mx-pack diff --ignore-lineage rows.mx lines.mx
# Packed windows learn the answers too, and a prepared file knows where they are.
train --data sums.jsonl --boundaries keep -o packed.mx
mx-train prepare sums.jsonl --no-exact-duplicates --no-near-duplicates --tokenizer char -q -o sums.mx >/dev/null
train --data sums.mx -o prepared.mx
mx-pack diff --ignore-lineage rows.mx prepared.mx
for model in rows packed; do
  mx-infer eval $model.mx --data sums.jsonl --json | jq -c '[.task, .loss < 0.2, .n]'
done
mx-infer rows.mx --prompt '2+2=' --temperature 0 --output text
# What has no answer is not learned from, and is counted.
printf 'no mark\n1+1=2\n' | mx-train prepare - --documents line --loss-after = --tokenizer byte --json -q -o none.mx | jq .documents_without_answer
train --data sums.mx --loss-after = -o refused.mx 2>&1 || echo "exit $?"
