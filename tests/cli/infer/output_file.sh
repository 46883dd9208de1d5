# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
printf 'x,y\n1,8\n' >rows.csv
mx-infer --output text "$FIXTURES/points.mx" rows.csv -o out.txt
cat out.txt
mx-infer --output text "$FIXTURES/points.mx" rows.csv -o out.txt
