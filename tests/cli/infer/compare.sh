# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
compare() { mx-infer compare "$FIXTURES/$1" "$FIXTURES/$2" --data "$FIXTURES/points.csv" "${@:3}"; }
compare points.mx points.mx --max-flips 0 --max-loss-increase 0
compare points.mx points.mx --json
compare points.mx poor.mx --json >poor.json
grep -q '"flips":[1-9]' poor.json
code=0
compare points.mx poor.mx --max-flips 0 >/dev/null || code=$?
[ $code -eq 1 ]
compare points.mx poor.mx --max-loss-increase 0.01 >/dev/null || code=$((code + $?))
[ $code -eq 2 ]
compare poor.mx points.mx --max-loss-increase 0 >/dev/null
compare points.mx sums.mx
