# SPDX-License-Identifier: Apache-2.0
# timeout: 300
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
source "$MX_SOURCE/tests/cli/stop_often.sh"
head -c 20000 "$MX_TEST_DATA/digits.csv" | tr 0-9 a-j >text.txt
mx-train --data text.txt --model gpt --tokenizer char --layers 6 --heads 2 --dim 64 --context 64 --steps 2 --seed 1 --threads 1 -q -o lm.mx >/dev/null
command=(mx-prune lm.mx --sparsity 0.6 --criterion sparsegpt --calibrate text.txt --refine 4 --seed 1 --threads 1 -q)
"${command[@]}" -o whole.mx >/dev/null
stop_often KILL killed.mx "${command[@]}" --checkpoint-every 1 -o killed.mx >/dev/null
cmp whole.mx killed.mx
stop_often TERM ended.mx "${command[@]}" --checkpoint-every 2 -o ended.mx >/dev/null
cmp whole.mx ended.mx
# The maps of one run are not those of another.
"${command[@]}" --checkpoint-every 1 -o other.mx >/dev/null &
child=$!
while [ ! -e other.mx.ckpt ] && kill -0 "$child" 2>/dev/null; do sleep 0.01; done
kill -KILL "$child"
wait "$child" 2>/dev/null || true
[ -e other.mx.ckpt ] || echo "there is no checkpoint"
mx-prune lm.mx --sparsity 0.5 --criterion sparsegpt --calibrate text.txt --refine 4 --seed 1 --threads 1 -q -o other.mx || echo "exit $?"
"${command[@]}" -o other.mx >/dev/null
cmp whole.mx other.mx
ls -A
