# SPDX-License-Identifier: Apache-2.0
seq 1 500 >numbers.txt
mx-train --data numbers.txt --model gpt --tokenizer char --layers 1 --heads 2 --dim 16 --context 32 --steps 200 --lr 0.01 --seed 1 --threads 1 \
  -q -o lm.mx >/dev/null
for stride in 32 8; do mx-infer eval lm.mx --data numbers.txt --stride $stride --json; done >both
jq -c .n both
# More to go by, a lower loss; and as many bits per byte as bits per token, the end of the text apart.
jq -cs '[.[1].loss < .[0].loss, (.[0].bits_per_byte * (2 | log) * 1891 - .[0].loss * 1892 | fabs) < 0.001]' both
mx-infer eval lm.mx --data numbers.txt --stride 33 2>&1 || echo "exit $?"
mx-train --data numbers.txt --model bert --layers 1 --heads 2 --dim 16 --context 32 --vocab 50 --valid-fraction 0.2 --steps 50 --seed 1 --threads 1 \
  -q --json -o mlm.mx | jq -c '[.valid_loss > 0, .valid_tokens > 20]'
mx-infer eval mlm.mx --data numbers.txt --json | jq -c '[.task, .perplexity > 1, has("bits_per_byte")]'
# How the text was cut is said; and nothing is in bits per byte where a character is unknown.
mx-infer eval lm.mx --data numbers.txt --stride 8 --json | jq -c '[.window, .stride, .boundaries]'
mx-infer eval lm.mx --data numbers.txt --documents line --boundaries rows | sed 's/.*; //'
echo 'x1' >>numbers.txt
mx-infer eval lm.mx --data numbers.txt --json | jq -c '[.n, has("bits_per_byte")]'
