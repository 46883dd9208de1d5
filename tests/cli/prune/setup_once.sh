# SPDX-License-Identifier: Apache-2.0
# A small trained network, a convolutional one and a regression. Without LibTorch the cases skip.
command -v mx-train >/dev/null || exit 0
train() { mx-train --seed 1 --threads 1 -q "$@"; }
head -n 601 "$MX_TEST_DATA/digits.csv" >rows.csv
train --data rows.csv --hidden 24,16 --epochs 12 --lr 0.003 -o digits.mx
train --data rows.csv --model cnn --input-shape 1,8,8 --channels 4,6 --hidden 16 --epochs 2 -o cnn.mx
awk 'BEGIN { print "x,y,sum"; for (i = 0; i < 200; ++i) { x = (i * 37) % 101; y = (i * 53) % 89; print x "," y "," x + y } }' >sums.csv
train --data sums.csv --task regress --hidden 8 --epochs 40 --lr 0.01 -o sums.mx
