# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/pruned.mx" -o m.mx >/dev/null
mx-pack lineage m.mx
mx-pack lineage --json m.mx | jq -c '.nodes[] | [.operation, .tool, .version, (.options | type), .seed, (.parents | length), (.parents[0].sha256 // "" | length), (.data[0].rows // 0), (.metrics | type)]'
# Two parents: each branch is its own, told by the models' identities.
d=$MX_TEST_DATA/digits.csv
for seed in 1 2; do mx-train --data "$d" --hidden 4 --epochs 1 --seed $seed --threads 1 -q -o $seed.mx >/dev/null; done
mx-train --data "$d" --hidden 4 --epochs 1 --seed 2 --threads 1 --license MIT --owner Somebody -q -f -o 2.mx >/dev/null
mx-distill 1.mx --student 2.mx --data "$d" --epochs 1 --seed 1 --threads 1 -q -o two.mx >/dev/null
mx-pack lineage two.mx | grep -v 'options\|metrics' | sed '1s/ .*//'
# Before version 5 a record did not say what it made: each is made from the one before.
mx-pack lineage "$MX_GOLDEN/v1-gpt.mx" | sed -n '1s/.*v1-gpt.mx/v1.mx/p; 2p'
