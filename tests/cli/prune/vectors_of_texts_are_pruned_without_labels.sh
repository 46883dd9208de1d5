# SPDX-License-Identifier: Apache-2.0
command -v mx-prune >/dev/null || { echo 'mx-prune is not built'; exit 77; }
mx-pack import "$MX_SOURCE/tests/convert/golden/hf/bert-sentence" --license MIT -q -o s.mx >/dev/null
for i in 1 2 3 4 5 6 7 8; do printf 'the cat sat on mat %d\n\nthe dog ate a hat %d\n' $i $i; done >texts.txt
jq -R -c '{"body": ., "more": 1}' texts.txt >texts.jsonl
# What sparsegpt adds to a weight that stays may make it zero by chance: counted in hundreds.
prune() { mx-prune s.mx --sparsity 0.5 --seed 1 --threads 1 --json -q "$@" -o p.mx -f | jq -c '[(.sparsity * 1000 | round), .parameters, (.nonzero / 100 | round), .loss_before]'; }
prune --criterion magnitude
prune --criterion wanda --calibrate texts.txt
prune --criterion wanda --calibrate texts.jsonl --text body
prune --criterion sparsegpt --calibrate texts.txt
prune --criterion gradient --calibrate texts.txt
prune --pattern heads --criterion gradient --calibrate texts.txt
prune --pattern heads --criterion sparsegpt --calibrate texts.txt
prune --pattern neurons --criterion wanda --calibrate texts.txt
mx-infer p.mx --embed texts.txt 2>/dev/null | head -n 1 | jq '.embedding | length'
mx-pack lineage p.mx --json | jq -c '.nodes[-1].data | map([.role, .rows])'
# Fewer bits, chosen on texts, say how far the vectors move.
mx-pack s.mx --quantize int4 --group 8 --calibrate texts.txt --json -q -o q.mx | jq -c '[(.cosine_distance > 0), (.cosine_distance < 0.1)]'
refused() { "$@" -o no.mx || echo "exit $?"; }
refused mx-prune s.mx --seed 1 --sparsity 0.5 --data texts.txt 2>&1
refused mx-prune s.mx --seed 1 --sparsity 0.5 --pattern heads --criterion likelihood --calibrate texts.txt 2>&1
refused mx-prune s.mx --seed 1 --sparsity 0.5 --criterion wanda --scope sensitivity --calibrate texts.txt 2>&1
refused mx-pack s.mx --max-loss-increase 0.1 --calibrate texts.txt 2>&1
