# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
cut -d, -f1,2 "$FIXTURES/points.csv" >rows.csv
mx-infer eval "$FIXTURES/points.mx" --data rows.csv
