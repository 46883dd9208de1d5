# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
printf 'x,y\n1,8\n8,1\n' >rows.csv
mx-infer "$FIXTURES/points.mx" rows.csv
mx-infer --top 2 "$FIXTURES/points.mx" <rows.csv
mx-infer --output tsv "$FIXTURES/points.mx" - <rows.csv
mx-infer --output text "$FIXTURES/points.mx" rows.csv rows.csv
