# SPDX-License-Identifier: Apache-2.0
data=(--data "$MX_TEST_DATA/digits.csv" --fold 1/5 --epochs 3 --seed 1 --threads 1 -q)
mx-distill "$FIXTURES/teacher.mx" --student auto:25% "${data[@]}" --cache c.mx -o first.mx >/dev/null
cp c.mx kept.mx
# What is in the file does not depend on the student, and another one takes it as it is.
mx-distill "$FIXTURES/teacher.mx" --student auto:10% "${data[@]}" --divergence js --temperature 2 --cache c.mx -o other.mx >/dev/null
cmp c.mx kept.mx
mx-distill "$FIXTURES/teacher.mx" --student auto:10% "${data[@]}" --cache again.mx -o third.mx >/dev/null
cmp c.mx again.mx
mx-distill "$FIXTURES/teacher.mx" --student auto:25% "${data[@]}" --cache c.mx -o second.mx >/dev/null
cmp first.mx second.mx
mx-pack check c.mx
mx-pack info c.mx | sed 's/[0-9a-f]\{64\}/DIGEST/; /^bytes/d'
mx-pack info c.mx --json | grep -o '"cache":{"teachers":\["[0-9a-f]*"\]' | tr 0-9a-f x | tr -s x
mx-pack lineage first.mx | grep -o 'cache [0-9a-f]*' | tr 0-9a-f x | tr -s x
ls
