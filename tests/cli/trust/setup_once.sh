# SPDX-License-Identifier: Apache-2.0
# A tiny model, an adapter of it, and the same under several licences.
command -v mx-train >/dev/null || exit 0
head -n 200 "$MX_TEST_DATA/digits.csv" >rows.csv
mx-train --data rows.csv --valid-fraction 0.2 --hidden 4 --epochs 1 --seed 1 --threads 1 -q -o own.mx >/dev/null
mx-train --init own.mx --lora 2 --data rows.csv --epochs 1 --seed 1 --threads 1 -q -o adapter.mx >/dev/null
echo 'Do as you like, but ask the cat.' >cat.txt
