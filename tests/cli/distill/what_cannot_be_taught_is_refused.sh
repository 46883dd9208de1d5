# SPDX-License-Identifier: Apache-2.0
data=$MX_TEST_DATA/digits.csv
refused() {
  local code=0
  mx-distill "$@" -q -o out.mx || code=$?
  echo "exit $code"
}
cp "$FIXTURES/teacher.mx" .
mx-train --data "$data" --label p20 --hidden 8 --steps 2 -q -o other.mx >/dev/null
printf 'model: mlp\nhiden: 3\n' >typo.yaml
printf -- '- input: {shape: [64]}\n- linear: {name: a, in: 64, out: 9}\n' >nine.yaml
{
  refused teacher.mx --student auto:25%
  refused teacher.mx --data "$data"
  refused teacher.mx --data "$data" --student auto:0%
  refused teacher.mx --data "$data" --student auto:0.5%
  refused teacher.mx --data "$data" --student typo.yaml
  refused teacher.mx --data "$data" --student nine.yaml
  refused teacher.mx --data "$data" --student missing.yaml
  refused teacher.mx other.mx --data "$data" --student auto:25%
} 2>&1
[ ! -e out.mx ]
