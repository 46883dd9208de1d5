# SPDX-License-Identifier: Apache-2.0
command=(mx-distill "$FIXTURES/teacher.mx" --student auto:10% --data "$MX_TEST_DATA/digits.csv" --fold 1/5 --epochs 4 --seed 1
  --threads 1 -q)
"${command[@]}" --control -o with.mx
"${command[@]}" -o without.mx >/dev/null
cmp with.mx without.mx
[ -z "$(ls | grep -v '^with.mx$\|^without.mx$')" ]
