# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# A run that is killed again and again and started again with the same command.
command=(mx-train --data "$MX_TEST_DATA/digits.csv" --label digit --fold 1/5 --valid-fraction 0.1 --hidden 128,64
  --dropout 0.1 --epochs 60 --seed 4 --threads 1 --quiet)
"${command[@]}" -o whole.mx >whole.txt
kills=0
for wait in 0.1 0.45 0.7 0.5 0.9 0.6 1.1 0.8 1.4; do
  "${command[@]}" -o parts.mx >parts.txt &
  sleep "$wait"
  kill -KILL $! 2>/dev/null && kills=$((kills + 1))
  wait $! 2>/dev/null || true
  [ ! -e parts.mx ] || break
done
[ -e parts.mx ] || "${command[@]}" -o parts.mx >parts.txt
cmp whole.mx parts.mx
[ "$kills" -ge 3 ] || echo "only $kills kills"
[ ! -e parts.mx.ckpt ]
[ -z "$(find . -name '.*tmp*')" ]
