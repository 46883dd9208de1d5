# SPDX-License-Identifier: Apache-2.0
for model in "$MX_GOLDEN"/v1-{llama,gpt,bert}.mx; do mx-pack check "$model"; done
mx-infer "$MX_GOLDEN/v1-llama.mx" --prompt 41 --temperature 0 --max-tokens 12 --output text
printf '17 is a number\n18 is a number\n' | mx-infer "$MX_GOLDEN/v1-bert.mx" --input text --output text
seq 1 300 >numbers.txt
for model in llama gpt; do mx-infer eval "$MX_GOLDEN/v1-$model.mx" --data numbers.txt --json; done | jq -c '[.n, (.loss * 1000 | round / 1000)]'
