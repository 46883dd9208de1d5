# SPDX-License-Identifier: Apache-2.0
# A small trained network, a convolutional one and a regression. Without LibTorch the cases skip.
command -v mx-train >/dev/null || exit 0
train() { mx-train --seed 1 --threads 1 -q "$@"; }
head -n 601 "$MX_TEST_DATA/digits.csv" >rows.csv
train --data rows.csv --hidden 24,16 --epochs 12 --lr 0.003 -o digits.mx
train --data rows.csv --model cnn --input-shape 1,8,8 --channels 4,6 --hidden 16 --epochs 2 -o cnn.mx
awk 'BEGIN { print "x,y,sum"; for (i = 0; i < 200; ++i) { x = (i * 37) % 101; y = (i * 53) % 89; print x "," y "," x + y } }' >sums.csv
train --data sums.csv --task regress --hidden 8 --epochs 40 --lr 0.01 -o sums.mx
for ((i = 0; i < 150; ++i)); do printf 'the %s cat sat on the %s mat\n' "$((i % 7))" "$((i % 5))"; done >text.txt
train --data text.txt --model llama --tokenizer char --layers 2 --heads 4 --kv-heads 2 --dim 16 --context 16 --steps 120 --batch-size 16 --lr 0.01 -o lm.mx >/dev/null
