# SPDX-License-Identifier: Apache-2.0
[ -x "$MX_BIN/mx-train" ] || { echo "mx-train is not built"; exit 77; }
# Bad input and bad options end in one or two lines, and nothing is left behind.
: >empty.txt
head -c 3000 /dev/zero >zeros.txt
printf 'ab' >two.txt
printf 'abc' >three.txt
refused() {
  local code=0
  mx-train prepare "$@" --seed 1 -q -o out.mx || code=$?
  echo "exit $code" >&2
  [ ! -e out.mx ]
}
refused empty.txt
refused zeros.txt
refused missing.txt
refused two.txt --tokenizer chat
refused two.txt --tokenizer byte --valid-fraction 0.5
refused two.txt --tokenizer bpe --vocab 100
refused two.txt --tokenizer three.txt
refused two.txt --tokenizer byte --temporary missing
refused two.txt --tokenizer byte --max-document 1
mx-train prepare two.txt --tokenizer byte --seed 1 -q -o out.mx >/dev/null
mx-train prepare two.txt --tokenizer byte --seed 1 -q -o out.mx || echo "exit $?" >&2
[ "$(find . -type f | wc -l)" -eq 5 ]
