# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
[ -x "$MX_BIN/mx-train" ] || { echo 'mx-train is not built'; exit 77; }
train=(mx-train --threads 1 --data "$MX_TEST_DATA/digits.csv" --hidden 4 --epochs 1)
expect 0 "${train[@]}" -o drawn.mx
seed=$(sed -n 's/^mx-train: seed //p' err)
[ -n "$seed" ] || wrong 'the drawn seed is not shown'
expect 0 "${train[@]}" --seed "$seed" -o given.mx
! grep -q 'seed' err || wrong 'a given seed is shown'
cmp drawn.mx given.mx
mx-pack lineage drawn.mx --json | grep -q "\"seed\":$seed\b" || wrong 'the seed is not in the lineage'
expect 0 "${train[@]}" -o other.mx
! cmp -s drawn.mx other.mx || wrong 'another seed gives the same model'
