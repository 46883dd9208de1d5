# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
# 64*24 + 24*16 + 16*10 = 2080 prunable numbers
for sparsity in 0 0.1 0.5 0.333 0.9 1; do
  for scope in global layer; do
    mx-prune "$FIXTURES/digits.mx" --sparsity $sparsity --scope $scope --seed 1 -q --json -f -o p.mx |
      jq -c "[\"$scope\", .sparsity, .parameters, .nonzero]"
  done
done
mx-pack check p.mx
