# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-prune "$FIXTURES/digits.mx" --pattern 2:4 --seed 1 -q -o p.mx
for tensor in 0.weight 1.weight head.weight; do
  mx-pack extract p.mx --tensor $tensor --as raw -o - | od -An -v -t f4 -w16 |
    awk '{ n = 0; for (i = 1; i <= 4; ++i) n += $i != 0; if (n != 2) bad = 1 } END { exit bad }' || echo "$tensor is not 2:4"
done
mx-prune "$FIXTURES/digits.mx" --pattern 1:16 --seed 1 --json -q -o q.mx | jq .sparsity
