# SPDX-License-Identifier: Apache-2.0
cp -r "$MX_SOURCE/tests/convert/golden/hf" .
mx-pack import hf/bert-sentence --license MIT -q -o s.mx >/dev/null
printf 'text,animal\n' >rows.csv
for i in 1 2 3 4 5 6 7 8; do printf 'the cat sat on mat %d,cat\nthe dog ate a hat %d,dog\n' $i $i; done >>rows.csv
train() { mx-train --data rows.csv --epochs 30 --lr 0.01 --seed 1 --threads 1 -q "$@"; }
train --init s.mx --label animal --text text -o c.mx >/dev/null
mx-infer eval c.mx --data rows.csv --json | jq -c '[.task, .n, .accuracy]'
mx-pack info c.mx --json | jq -c '[.schema.classes, (.network[-1].linear.out), (.network[-2] | keys[0]), .license]'
mx-infer c.mx --embed rows.csv | head -n 1 | jq -c '.embedding | length'
# Without labels there is nothing that it could learn.
train --init s.mx -o no.mx 2>&1 | sed 's/s\.mx.*/s.mx .../' || true
ls no.mx 2>/dev/null || true
