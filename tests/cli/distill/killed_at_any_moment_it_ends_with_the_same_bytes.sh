# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# The control, which comes second, is gone on with too.
command=(mx-distill "$FIXTURES/teacher.mx" --student auto:50% --data "$MX_TEST_DATA/digits.csv" --valid-fraction 0.1 --epochs 25
  --optimizer adamw --seed 2 --threads 1 -q --control)
"${command[@]}" -o whole.mx >whole.txt
kills=0
for wait in 0.1 0.5 0.8 0.6 1.2 0.9 1.5; do
  "${command[@]}" -o parts.mx >parts.txt &
  sleep "$wait"
  kill -KILL $! 2>/dev/null && kills=$((kills + 1))
  wait $! 2>/dev/null || true
  [ ! -e parts.mx ] || break
done
[ -e parts.mx ] || "${command[@]}" -o parts.mx >parts.txt
cmp whole.mx parts.mx
[ "$kills" -ge 3 ] || echo "only $kills kills"
[ -z "$(find . -name '*.ckpt*' -o -name '.*tmp*')" ]
