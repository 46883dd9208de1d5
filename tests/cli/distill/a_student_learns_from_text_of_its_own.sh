# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/stop_often.sh"
seq 1 3000 >numbers.txt
mx-train --data numbers.txt --tokenizer char --model gpt --layers 1 --heads 2 --dim 16 --context 16 --steps 60 --seed 1 --threads 1 -q \
  -o teacher.mx >/dev/null
command=(mx-distill teacher.mx --student auto:50% --data numbers.txt --steps 300 --batch-size 8 --accumulate 2 --seed 1 -q
  --divergence reverse-kl --on-policy 0.5 --on-policy-tokens 6 --checkpoint-every 40)
"${command[@]}" --threads 1 -o whole.mx >/dev/null
stop_often KILL parts.mx "${command[@]}" --threads 1 -o parts.mx >/dev/null
cmp whole.mx parts.mx
# From a cache the teacher is asked about the student's own text only.
"${command[@]}" --threads 1 --cache c.mx -o cached.mx >/dev/null
mx-pack lineage --json cached.mx | grep -o '"on-policy":0.5,"on-policy-tokens":6'
# What cannot be.
code=0
mx-distill "$FIXTURES/teacher.mx" --student auto:25% --data "$MX_TEST_DATA/digits.csv" --epochs 1 --seed 1 -q --on-policy 0.5 -o no.mx \
  2>&1 || code=$?
echo "exit $code"
"${command[@]:0:10}" --seed 1 --on-policy-tokens 3 -o no.mx 2>&1 || echo "exit $?"
[ -z "$(find . -name '*.ckpt*' -o -name '.*tmp*' -o -name '*.parts')" ]
# On its own text it learns from its teachers, whatever they weigh beside labels elsewhere.
for alpha in 0 1; do
  mx-distill teacher.mx --student auto:50% --data numbers.txt --steps 5 --batch-size 8 --on-policy 1 --alpha $alpha --seed 1 --threads 1 -q -o $alpha.mx >/dev/null
  mx-pack export $alpha.mx --to npz -o $alpha.npz
done
cmp 0.npz 1.npz
