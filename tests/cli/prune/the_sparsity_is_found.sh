# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
find() { mx-prune "$@" --seed 1 --threads 1 -q --json; }
find "$FIXTURES/digits.mx" --max-loss-increase 0.05 --data "$FIXTURES/rows.csv" -o p.mx >p.json
jq -c '[(.loss_after <= .loss_before + 0.05), .loss_on, .sparsity > 0.1, (.tried | length)]' p.json
find "$FIXTURES/digits.mx" --max-loss-increase 0.05 --data "$FIXTURES/rows.csv" --finetune-epochs 4 -o q.mx >q.json
jq -c --slurpfile p p.json '[(.loss_after <= .loss_before + 0.05), .sparsity >= $p[0].sparsity]' q.json
find "$FIXTURES/sums.mx" --max-loss-increase 0.5 --data "$FIXTURES/sums.csv" -o r.mx | jq -c '[(.loss_after <= .loss_before * 1.5), .sparsity > 0]'
ls -A
