# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
# CSV, TSV, JSON lines, compressed, without a header, other columns in another order: the same answers.
model=$FIXTURES/points.mx
cut -d, -f1,2 "$FIXTURES/points.csv" >rows.csv
mx-infer "$model" rows.csv >expected
tr , '\t' <rows.csv >rows.tsv
awk -F, 'NR > 1 { print "{\"y\": " $2 ", \"x\": " $1 "}" }' rows.csv >rows.jsonl
gzip -k rows.csv
awk -F, 'NR == 1 { print "\xef\xbb\xbf\"y\",\"x\"\r" } NR > 1 { print "\"" $2 "\"," $1 "\r" }' rows.csv >windows.csv
for rows in rows.tsv rows.jsonl rows.csv.gz windows.csv; do
  mx-infer "$model" "$rows" | cmp - expected
  mx-infer "$model" <"$rows" | cmp - expected
done
cp rows.tsv unnamed
mx-infer --input tsv "$model" unnamed | cmp - expected
mx-infer --threads 1 "$model" rows.csv | cmp - expected
mx-infer - rows.csv <"$model" | cmp - expected
mx-infer "$model" <(cat rows.csv) | cmp - expected
