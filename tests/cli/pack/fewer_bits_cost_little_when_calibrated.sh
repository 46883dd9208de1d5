# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
digits=$MX_TEST_DATA/digits.csv
for code in int4 int3 int2 codebook; do
  options=(--quantize $code --group 16 --codebook-size 4 -q -f)
  mx-pack "$FIXTURES/digits.mx" "${options[@]}" --valid "$digits" --json -o rounded.mx >rounded.json
  mx-pack "$FIXTURES/digits.mx" "${options[@]}" --calibrate "$digits" --valid "$digits" --json -o solved.mx >solved.json
  mx-pack check solved.mx
  mx-pack check rounded.mx
  jq -c -s --arg code $code '[$code, .[1].kl < .[0].kl * 0.7, (.[1].quantized | map(.damping) | unique)]' rounded.json solved.json
done
mx-pack list solved.mx | wc -l
mx-pack "$FIXTURES/digits.mx" --quantize int4 --override 'head=int2' --override '0.weight=none' --json -q -o mixed.mx | jq -c '.quantized | map([.name, .code])'
mx-pack info --json mixed.mx | jq -c '[.format, (.tensors | map(select(.group)) | map([.name, .group]))]'
mx-infer eval mixed.mx --data "$digits" --json | jq '.accuracy > 0.3'
