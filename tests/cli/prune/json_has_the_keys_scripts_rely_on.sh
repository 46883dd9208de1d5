# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-prune "$FIXTURES/digits.mx" --sparsity 0.5 --data "$FIXTURES/rows.csv" --seed 1 --threads 1 -q --json -o p.mx |
  jq -c '[.sparsity, .parameters, (.nonzero | type), (.loss_before < .loss_after), .loss_on, .loss_rows]'
mx-prune "$FIXTURES/digits.mx" --sparsity 0.5 --seed 1 -q --json -o q.mx | jq -c '[.loss_before, .loss_after]'
mx-pack lineage --json p.mx | jq -c '.nodes[-1] | [.operation, .options.sparsity, (.metrics | keys), .data[0].role, .seed]'
