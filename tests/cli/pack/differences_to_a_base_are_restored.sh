# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
base=$FIXTURES/digits.mx
mx-train --init "$base" --data "$MX_TEST_DATA/digits.csv" --steps 3 --lr 0.0001 --seed 1 -q -o tuned.mx >/dev/null
mx-pack tuned.mx -q -o alone.mx >/dev/null
mx-pack tuned.mx --base "$base" -q -o delta.mx >/dev/null
echo "smaller: $(($(stat -c %s delta.mx) < $(stat -c %s alone.mx) - 1500))"
[ "$(mx-pack info --json delta.mx | jq -r .base)" = "$(mx-pack info --json "$base" | jq -r .identity)" ] && echo "the base is named"
mx-pack info delta.mx | grep -c 'needs  *the model'
mx-pack delta.mx --base "$base" -q -o full.mx >/dev/null
cat delta.mx | mx-pack - --base "$base" -q -o - | cmp - full.mx
mx-pack check full.mx
mx-pack diff tuned.mx full.mx --json | jq -c '[.tensors[]? | select(.different // 0 > 0)] | length'
mx-pack tuned.mx --base "$base" -q --threads 1 -o - | cmp - delta.mx
mx-pack check delta.mx || echo "exit $?"
mx-pack delta.mx --base tuned.mx -o none.mx || echo "exit $?"
mx-pack delta.mx --base missing.mx -o none.mx || echo "exit $?"
mx-pack tuned.mx --base "$base" --quantize int8 -o none.mx || echo "exit $?"
mx-infer delta.mx "$MX_TEST_DATA/digits.csv" || echo "exit $?"
ls none.mx 2>/dev/null || true
