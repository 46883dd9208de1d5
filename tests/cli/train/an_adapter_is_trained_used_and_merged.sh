# SPDX-License-Identifier: Apache-2.0
# timeout: 120
awk 'BEGIN { for (i = 0; i < 300; ++i) printf "%d plus %d is %d.\n", i % 37, i % 11, i % 37 + i % 11 }' >plus.txt
sed 's/plus/and/; s/ is / make /' plus.txt >and.txt
mx-train --data plus.txt --model llama --tokenizer byte --layers 2 --heads 2 --dim 16 --context 16 --steps 150 --lr 0.01 \
  --batch-size 8 --seed 1 --threads 1 --license MIT --owner Base -q -o base.mx >/dev/null
cp base.mx before.mx
lora() { mx-train --init base.mx --data and.txt --valid-fraction 0.1 --steps 60 --lr 0.01 --batch-size 8 --threads 1 -q "$@"; }
lora --lora 2 --seed 1 --license CC0-1.0 --json -o adapter.mx >trained.json
cmp base.mx before.mx
mx-pack check adapter.mx
jq -c '[.parameters, .steps]' trained.json
mx-pack info --json adapter.mx | jq -c '[.format, .license, .owner, .adapter.rank, .adapter.alpha, (.adapter.maps | length), .parameters]'
[ "$(mx-pack info --json adapter.mx | jq -r .base)" = "$(mx-pack info --json base.mx | jq -r .identity)" ]
mx-pack list adapter.mx | head -3 | sed '/lora/s/[0-9]*$/N/'
mx-pack lineage adapter.mx --json | jq -c '.nodes | map([.operation, (.parents | map(.role))])'
# What is merged, what is run and what was measured while training are the same numbers.
mx-pack base.mx --adapter adapter.mx -q -o merged.mx >/dev/null
mx-pack check merged.mx
mx-pack lineage merged.mx --json | jq -c '.nodes[-1] | [.operation, (.parents | map(.role))]'
mx-pack info --json merged.mx | jq -c '[.format, .license, .owner, .adapter]'
tail -c "$(($(wc -c <and.txt) - $(wc -c <and.txt) * 9 / 10))" and.txt >valid.txt
measured() { mx-infer eval "$@" --data valid.txt --json -q | jq -c '[.n, .loss]'; }
[ "$(measured base.mx --adapter adapter.mx)" = "$(measured merged.mx)" ]
[ "$(measured base.mx --adapter adapter.mx)" != "$(measured base.mx)" ]
jq -c '[.valid_tokens, .valid_loss]' trained.json >told
measured merged.mx >found
cmp told found
mx-infer compare base.mx base.mx --adapter adapter.mx --data valid.txt --json -q | jq '.loss_b < .loss_a - 0.2'
mx-infer base.mx --adapter adapter.mx --prompt '3 and' --temperature 0 --max-tokens 8 >a
mx-infer merged.mx --prompt '3 and' --temperature 0 --max-tokens 8 >b
cmp a b
mx-infer bench base.mx --adapter adapter.mx --seconds 0.05 --json | jq 'has("prefill_tokens_per_second")'
# Two adapters are added one after the other.
lora --lora 3 --lora-maps 'query|down' --lora-alpha 6 --seed 2 -o second.mx >/dev/null
mx-pack base.mx --adapter adapter.mx --adapter second.mx -q -o both.mx >/dev/null
[ "$(measured base.mx --adapter adapter.mx --adapter second.mx)" = "$(measured both.mx)" ]
mx-pack lineage both.mx --json | jq -c '.nodes[-1].parents | map(.role)'
# Packed, an adapter is the same.
mx-pack adapter.mx --effort max -q -o packed.mx >/dev/null
mx-pack diff --ignore-lineage adapter.mx packed.mx
mx-pack diff adapter.mx second.mx | tail -1
