# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
# A reader that has enough ends the stream without a word.
{ echo x,y; yes 1,8 | head -200000; } >rows.csv
mx-infer --output text "$FIXTURES/points.mx" rows.csv | head -1
yes 1,8 | sed '1i x,y' | mx-infer --output text "$FIXTURES/points.mx" | head -1
