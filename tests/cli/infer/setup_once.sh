# SPDX-License-Identifier: Apache-2.0
# Points above the line y = x are "above". Without mx-train (a build without LibTorch) there are no models, and the
# cases skip.
{
  echo x,y,side
  for x in 0 1 2 3 4 5 6 7 8 9; do
    for y in 0.5 1.5 2.5 3.5 4.5 5.5 6.5 7.5 8.5; do
      if [ "${y%.*}" -ge "$x" ]; then side=above; else side=below; fi
      echo "$x,$y,$side"
    done
  done
} >points.csv
for _ in {1..60}; do printf 'the café is open, come in and sit down.\n'; done >tiny.txt
awk -F, 'NR == 1 { print "x,y,sum" } NR > 1 { print $1 "," $2 "," $1 + $2 }' points.csv >sums.csv
command -v mx-train >/dev/null || exit 0
train() { mx-train --seed 1 --threads 1 -q "$@"; }
train --data points.csv --hidden 16 --epochs 200 --lr 0.01 --optimizer adam --batch-size 16 -o points.mx
train --data points.csv --hidden 4 --epochs 1 --batch-size 16 -o poor.mx
train --data sums.csv --task regress --hidden 8 --activation none --epochs 300 --lr 0.01 --optimizer adam -o sums.mx
train --data "$MX_TEST_DATA/digits.csv" --hidden 32 --epochs 2 --optimizer adam -o digits.mx
# A language model that knows its one line by heart.
train --data tiny.txt --model gpt --tokenizer byte --layers 1 --heads 2 --dim 32 --context 24 --steps 300 --lr 0.01 -o lm.mx
