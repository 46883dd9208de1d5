# SPDX-License-Identifier: Apache-2.0
# timeout: 120
run() {
  status=0
  mx-train --seed 1 --threads 1 -q --steps 2 --layers 1 --heads 2 --dim 8 "$@" -o m.mx >/dev/null || status=$?
  echo "exit $status" >&2
  [ ! -e m.mx ] || rm m.mx
}
: >empty.txt
echo hello >short.txt
head -c 3000 /dev/urandom >junk.txt
printf 'a,b\n1,2\n' >rows.csv
run --data empty.txt --model gpt
run --data short.txt --model gpt --tokenizer char --context 64
run --data short.txt --model gpt --tokenizer nothing
run --data junk.txt --model gpt --tokenizer byte --context 16
run --data short.txt --model gpt --tokenizer byte --fold 1/5
run --data short.txt --model gpt --task classify
run --data short.txt --model gpt --task regress
run --data short.txt --model bert --task mlm --tokenizer byte
run --data rows.csv --model mlp --task lm
run --data short.txt --model gpt --heads 3
run --data missing.txt --model gpt
ls -A
