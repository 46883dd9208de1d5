# SPDX-License-Identifier: Apache-2.0
# The numbers are PyTorch's: tests/learn/make_regression_golden.py.
config=$MX_SOURCE/configs
for which in first last; do
  mx-pack import --license CC0-1.0 "$MX_GOLDEN/regression-$which.npz" --network "$config/regression-network.yaml" -o $which.mx >/dev/null
done
mx-train --config "$config/regression-mlp.yaml" --init first.mx --data "$MX_GOLDEN/regression-rows.csv" \
  --label y1,y2,y3,y4,y5,y6,y7,y8,y9,y10 --seed 1 -q -o out.mx | sed -n 's| in .*, training|, training|p'
mx-pack diff out.mx last.mx --json >diff.json || true
# Largest differences, if any: none above 1e-6 (the weights are about 0.3).
grep -o '"largest":[^,}]*' diff.json | grep -v 'e-0[7-9]' || true
