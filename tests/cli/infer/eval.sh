# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
mx-infer eval "$FIXTURES/points.mx" --data "$FIXTURES/points.csv"
mx-infer eval "$FIXTURES/points.mx" --data "$FIXTURES/points.csv" --fold 2/5 --json
mx-infer eval "$FIXTURES/points.mx" --data - <"$FIXTURES/points.csv" --json >piped
mx-infer eval "$FIXTURES/points.mx" --data "$FIXTURES/points.csv" --json --threads 1 >file
cmp <(sed 's/"seconds".*//' piped) <(sed 's/"seconds".*//' file)
mx-infer eval "$FIXTURES/sums.mx" --data "$FIXTURES/sums.csv"
mx-infer eval "$FIXTURES/sums.mx" --data "$FIXTURES/sums.csv" --json
