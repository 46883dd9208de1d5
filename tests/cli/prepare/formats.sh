# SPDX-License-Identifier: Apache-2.0
[ -x "$MX_BIN/mx-train" ] || { echo "mx-train is not built"; exit 77; }
# The same text in every form, packed or piped, gives the same tokens.
head -5 "$FIXTURES/lines.txt" >a.txt
sed 's/.*/{"id":1,"text":"&"}/' a.txt >a.jsonl
{ echo 'id,text'; sed 's/.*/1,"&"/' a.txt; } >a.csv
sed 's/^/1\t/' a.txt >a.tsv
gzip -k a.jsonl
cat a.txt a.txt >twice.txt
tokens() { mx-train prepare --tokenizer byte --seed 1 --json "$@" -q | jq -c .parts; }
tokens a.txt --documents line -o 1.mx
tokens a.jsonl -o 2.mx
tokens a.csv -o 3.mx
tokens a.tsv --no-header --text 2 -o 4.mx
tokens a.jsonl.gz -o 5.mx
tokens - --format jsonl -o 6.mx <a.jsonl
tokens - --format jsonl -o 7.mx < <(zcat a.jsonl.gz)
tokens a.txt a.txt --documents line -o 8.mx
tokens twice.txt --documents line -o 9.mx
