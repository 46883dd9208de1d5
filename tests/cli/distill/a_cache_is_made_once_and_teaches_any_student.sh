# SPDX-License-Identifier: Apache-2.0
data=(--data "$MX_TEST_DATA/digits.csv" --fold 1/5 --epochs 3 --seed 1 --threads 1 -q)
mx-distill "$FIXTURES/teacher.mx" --student auto:25% "${data[@]}" --cache c.mx -o first.mx >/dev/null
cp c.mx kept.mx
# What is in the file does not depend on the student, and another one takes it as it is.
mx-distill "$FIXTURES/teacher.mx" --student auto:10% "${data[@]}" --divergence js --temperature 2 --cache c.mx -o other.mx >/dev/null
cmp c.mx kept.mx
mx-distill "$FIXTURES/teacher.mx" --student auto:10% "${data[@]}" --cache again.mx -o third.mx >/dev/null
cmp c.mx again.mx
mx-distill "$FIXTURES/teacher.mx" --student auto:25% "${data[@]}" --cache c.mx -o second.mx >/dev/null
cmp first.mx second.mx
mx-pack check c.mx
mx-pack info c.mx | sed 's/[0-9a-f]\{64\}/DIGEST/; /^bytes/d'
mx-pack info c.mx --json | grep -o '"cache":{"teachers":\["[0-9a-f]*"\]' | tr 0-9a-f x | tr -s x
mx-pack lineage first.mx | grep -o 'cache [0-9a-f]*' | tr 0-9a-f x | tr -s x
# Hidden states are kept where they are matched, and teach as the teacher itself does, but for their 8 bits.
for ((i = 0; i < 60; ++i)); do printf 'the %s cat sat on the %s mat\n' "$((i % 7))" "$((i % 5))"; done >text.txt
mx-train --data text.txt --model gpt --tokenizer char --layers 2 --heads 2 --dim 16 --context 16 --steps 60 --lr 0.01 --seed 1 --threads 1 -q -o lm.mx >/dev/null
printf 'model: gpt\nlayers: 1\nheads: 2\ndim: 8\n' >small.yaml
lesson=(lm.mx --student small.yaml --data text.txt --steps 40 --lr 0.01 --seed 1 --threads 1 -q -f --json --match "logits,hidden" -o student.mx)
mx-distill "${lesson[@]}" >asked
mx-distill "${lesson[@]}" --cache h.mx --cache-top 16 --cache-hidden 0 >said
mx-distill "${lesson[@]}" --cache h.mx --cache-top 16 >again
cmp <(jq .identity said) <(jq .identity again)
jq -sc '.[0].train_loss / .[1].train_loss | . > 0.98 and . < 1.02' asked said
mx-pack check h.mx
mx-pack info h.mx | grep '^hidden'
mx-distill "${lesson[@]}" --cache h.mx --layer-map 0:0 >/dev/null
mx-distill "${lesson[@]}" --cache h.mx --match logits,attention || echo "exit $?"
mx-distill "${lesson[@]}" --cache few.mx --layer-map 0:0 >/dev/null
mx-distill "${lesson[@]}" --cache few.mx || echo "exit $?"
mx-distill "${lesson[@]}" --cache h.mx --cache-hidden 2 || echo "exit $?"
ls
