# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/digits.mx" --quantize int8 --calibrate "$MX_TEST_DATA/digits.csv" -o int8.mx
mx-pack check int8.mx
mx-pack lineage --json int8.mx | jq -c '.nodes[-1] | [.operation, .options.quantize, .data[0].role, .data[0].rows, (.metrics | keys)]'
[ "$(stat -c %s int8.mx)" -lt $(($(stat -c %s "$FIXTURES/digits.mx") / 2)) ]
mx-pack "$FIXTURES/digits.mx" --quantize int8 --json -o again.mx | jq -c 'keys'
mx-pack "$FIXTURES/digits.mx" --quantize int8 --json -f --calibrate "$MX_TEST_DATA/digits.csv" -o again.mx | jq -c keys
