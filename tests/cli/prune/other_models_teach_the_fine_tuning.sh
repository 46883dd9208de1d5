# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
m=$FIXTURES/digits.mx
run() { mx-prune "$m" --sparsity 0.7 --data "$FIXTURES/rows.csv" --seed 1 --threads 1 -q "$@" >/dev/null; }
run --finetune-steps 40 -o alone.mx
run --finetune-steps 40 --teacher "$m" --temperature 2 -o taught.mx
run --finetune-steps 40 --teacher "$m" --alpha 0 -o labels.mx
numbers() { mx-pack export "$1" --to npz -o - | sha256sum; }
[ "$(numbers alone.mx)" = "$(numbers labels.mx)" ] && echo "labels alone: as without a teacher"
[ "$(numbers alone.mx)" != "$(numbers taught.mx)" ] && echo "taught: otherwise"
mx-pack lineage taught.mx --json | jq -c '.nodes[-1] | [.operation, [.parents[].role], .options.temperature]'
mx-pack lineage alone.mx --json | jq -c '.nodes[-1] | [.operation, [.parents[].role], .options.temperature]'
status=0; run --teacher "$m" -o p.mx || status=$?
echo "exit $status"
mx-train --data "$FIXTURES/rows.csv" --hidden 4 --epochs 1 --scaling none --seed 1 --threads 1 -q -o other.mx >/dev/null
status=0; run --finetune-steps 40 --teacher other.mx -o p.mx 2>err || status=$?
echo "exit $status"; sed "s|$FIXTURES/||" err
[ ! -e p.mx ]
