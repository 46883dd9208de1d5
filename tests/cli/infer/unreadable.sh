# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
printf 'x,y\n1,8\n1\n8,one\n\n8,1\n' >rows.csv
printf '{"x": 1, "y": 8}\n{"x": 1}\nnot json\n{"x": 8, "y": 1}\n' >rows.jsonl
for rows in rows.csv rows.jsonl; do
  mx-infer "$FIXTURES/points.mx" "$rows" && exit 1
  [ $? -eq 3 ]
done
mx-infer --output text "$FIXTURES/points.mx" rows.csv
