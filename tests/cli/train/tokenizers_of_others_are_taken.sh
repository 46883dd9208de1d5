# SPDX-License-Identifier: Apache-2.0
tokenizers=$MX_SOURCE/tests/text/tokenizers
yes 'to be or not to be, that is the question' | head -n 60 >lines.txt
train() {
  mx-train --data lines.txt --license MIT --model gpt --layers 1 --heads 2 --dim 16 --context 16 --steps 2 --seed 1 -q \
    --tokenizer "$1" -f -o lm.mx >/dev/null && mx-pack info lm.mx | grep '^tokenizer' && mx-infer lm.mx --prompt 'to be' --max-tokens 3 -q >/dev/null
}
# A tokenizer.json, SentencePiece's .model, a folder of lists, and another model's.
train "$tokenizers/llama3.json"
train "$tokenizers/bpe.model"
train "$tokenizers/qwen2-lists"
cp lm.mx first.mx
train first.mx
# What is none.
mkdir nothing
for one in nothing gpt2 "$tokenizers/qwen2-lists/vocab.json" lines.txt; do train "$one" 2>&1 | sed "s|$MX_SOURCE/||" ; done
