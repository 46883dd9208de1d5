# SPDX-License-Identifier: Apache-2.0
# timeout: 120
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
source "$MX_SOURCE/tests/cli/report.bash"
prune() { mx-prune "$FIXTURES/digits.mx" --seed 1 --threads 1 -q "$@"; }
prune --sparsity 0.5 --criterion sparsegpt --data "$FIXTURES/rows.csv" --json -o out.mx --report page.html >result.json
page_holds page.html result.json
figures page.html
jq -c '.layers[] | [.name, .sparsity, (.error > 0 and .error < 1)]' result.json
jq -c '[.bytes_before, .models[0].bytes, .bytes]' result.json |
  sed "s/$(stat -c %s "$FIXTURES/digits.mx")/before/g; s/$(stat -c %s out.mx)/after/"
jq -c '[.models[] | .loss] == [.loss_before, .loss_after], .parents[0].role' result.json
# By every criterion and pattern; of neurons that are cut away, too.
zeros() { jq -c '[.layers[].sparsity] | .[0] * 64 * 24 + .[1] * 24 * 16 + .[2] * 16 * 10 | round'; }
prune --sparsity 0.5 -o magnitude.mx --json | zeros
prune --sparsity 0.5 --pattern neurons -o neurons.mx --json >neurons.json
[ "$(zeros <neurons.json)" -gt $((2080 - $(jq .nonzero neurons.json))) ]
jq -c '[.layers[] | .sparsity > 0 and .sparsity < 1], [.models[] | has("loss")]' neurons.json
# Each sparsity that a search tries is a run of its own.
prune --max-loss-increase 0.05 --data "$FIXTURES/rows.csv" --finetune-epochs 1 -o found.mx --report found.html \
  --metrics reports.jsonl --json >found.json
page_holds found.html found.json
figures found.html
[ "$(jq -r 'select(.run) | .run' reports.jsonl | sort -u | wc -l)" = "$(jq '.tried | length' found.json)" ]
refuses_broken_reports mx-prune "$FIXTURES/digits.mx" --seed 1 -q --sparsity 0.5
