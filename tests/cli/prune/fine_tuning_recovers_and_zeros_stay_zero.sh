# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
prune() { mx-prune "$FIXTURES/digits.mx" --sparsity 0.8 --data "$FIXTURES/rows.csv" --seed 1 --threads 1 -q --json "$@"; }
prune -o once.mx >once.json
for how in one-shot gradual; do
  for optimizer in adam adamw sgd; do
    prune --schedule $how --optimizer $optimizer --weight-decay 0.01 --lr 0.01 --finetune-epochs 6 -o $how.$optimizer.mx >tuned.json
    jq -c --slurpfile once once.json '[.sparsity, .steps, (.loss_after < $once[0].loss_after / 2)]' tuned.json
    [ "$(mx-pack info --json $how.$optimizer.mx | jq .nonzero)" -le "$(mx-pack info --json once.mx | jq .nonzero)" ]
  done
done
