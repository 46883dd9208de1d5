# SPDX-License-Identifier: Apache-2.0
# timeout: 120
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
digits=$MX_TEST_DATA/digits.csv
for size in 2200 1900 1.6KB; do
  mx-pack "$FIXTURES/digits.mx" --target-size $size --calibrate "$digits" -q -f --json -o small.mx >small.json
  mx-pack check small.mx
  echo "$size: $(($(stat -c %s small.mx) <= $(numfmt --from=si "${size%B}"))) $(jq '.bytes == '"$(stat -c %s small.mx)" small.json) $(jq '.loss_after - .loss_before < 0.5' small.json)"
done
mx-pack "$FIXTURES/digits.mx" --target-size 2KB -q -o blind.mx >/dev/null
echo "without data: $(($(stat -c %s blind.mx) <= 2000))"
mx-pack "$FIXTURES/digits.mx" --max-loss-increase 0.02 --calibrate "$digits" -q --json -o within.mx | jq '[.loss_after - .loss_before <= 0.02, .bytes < 2700]' -c
mx-pack "$FIXTURES/digits.mx" --target-size 400 --calibrate "$digits" -q -o none.mx || echo "exit $?"
mx-pack "$FIXTURES/digits.mx" --target-size 1.6KB --max-loss-increase 0.000001 --calibrate "$digits" -q -o none.mx || echo "exit $?"
mx-pack "$FIXTURES/digits.mx" --max-loss-increase 0.1 -q -o none.mx || echo "exit $?"
mx-pack "$FIXTURES/digits.mx" --target-size 2.3KB --override 'head=codebook' --codebook-size 4 -q --json -o book.mx | jq -c '.quantized | map(select(.name == "head.weight").code)'
ls none.mx 2>/dev/null || true
