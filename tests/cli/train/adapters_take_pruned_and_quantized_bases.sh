# SPDX-License-Identifier: Apache-2.0
# timeout: 120
data=$MX_TEST_DATA/digits.csv
mx-train --data "$data" --fold 1/5 --hidden 32 --epochs 6 --lr 0.003 --seed 1 --threads 1 -q -o dense.mx >/dev/null
mx-prune dense.mx --sparsity 0.7 --seed 1 -q -o pruned.mx >/dev/null
mx-pack dense.mx --quantize int4 -q -o int4.mx >/dev/null
loss() { mx-infer eval "$@" --data "$data" --fold 1/5 --json -q | jq .loss; }
for base in pruned int4; do
  mx-train --init $base.mx --lora 4 --data "$data" --fold 1/5 --epochs 4 --lr 0.003 --seed 1 --threads 1 -q -o $base-adapter.mx >/dev/null
  mx-pack $base.mx --adapter $base-adapter.mx --json -o $base-merged.mx | jq -c '[.parameters, .nonzero > 2000]'
  mx-pack check $base-merged.mx
  [ "$(loss $base.mx --adapter $base-adapter.mx)" = "$(loss $base-merged.mx)" ]
  jq -n "$(loss $base-merged.mx) < $(loss $base.mx)"
done
