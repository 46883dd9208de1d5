# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# Text of many pieces; killed while it loads, as soon as a piece is there, and at random moments.
seq 1 9000 >numbers.txt
mx-train --data numbers.txt --tokenizer char --model gpt --layers 2 --heads 2 --dim 32 --context 32 --steps 30 --seed 1 --threads 1 -q \
  -o teacher.mx >/dev/null
mx-train --init teacher.mx --data numbers.txt --steps 1 --seed 1 --threads 1 -q -o other.mx >/dev/null
command=(mx-distill teacher.mx --student auto:25% --data numbers.txt --steps 20 --seed 1 --threads 1 -q --cache-top 6 --cache-epochs 9)
"${command[@]}" --cache whole.mx -o student.mx >/dev/null
pieces() { stat -c '%n %i' cache.mx.parts/*.mx 2>/dev/null || true; }
stops=0
stop() {
  { kill -KILL "$child" && stops=$((stops + 1)); wait "$child" || true; } 2>/dev/null
  [ ! -e cache.mx ] || cmp cache.mx whole.mx
}
for at in loading piece piece; do
  seen=$(pieces)
  "${command[@]}" --cache cache.mx -o parts.mx >/dev/null &
  child=$!
  if [ "$at" = loading ]; then sleep 0.1; fi
  while [ "$at" = piece ] && kill -0 "$child" 2>/dev/null && [ "$(pieces)" = "$seen" ]; do sleep 0.01; done
  stop
done
[ "$stops" = 3 ] || echo "only $stops kills arrived"
[ ! -e cache.mx ]
# What another teacher began is not gone on with; a damaged piece is made again.
mx-distill other.mx "${command[@]:2}" --cache cache.mx -o no.mx 2>&1 | sed 's/[0-9a-f]\{64\}/DIGEST/g'
head -c 100 cache.mx.parts/000000.mx >cut
mv cut cache.mx.parts/000000.mx
for _ in 1 2 3; do
  [ ! -e parts.mx ] || break
  "${command[@]}" --cache cache.mx -o parts.mx >/dev/null &
  child=$!
  sleep "$((RANDOM % 2)).$((RANDOM % 10))"
  stop
done
{ [ -e parts.mx ] && [ ! -e parts.mx.ckpt ]; } || "${command[@]}" --cache cache.mx -f -o parts.mx >/dev/null
cmp cache.mx whole.mx
cmp parts.mx student.mx
[ -z "$(find . -name '*.ckpt*' -o -name '.*tmp*' -o -name '*.parts')" ]
mx-pack check cache.mx
# A signal is taken between the rows.
"${command[@]}" --cache-epochs 60 --cache term.mx -o term-student.mx >/dev/null &
child=$!
while kill -0 "$child" 2>/dev/null && [ ! -e term.mx.parts/000000.mx ]; do sleep 0.01; done
kill -TERM "$child" 2>/dev/null
code=0
wait "$child" || code=$?
echo "exit $code"
[ ! -e term.mx ]
