# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/digits.mx" --calibrate "$MX_TEST_DATA/digits.csv" -o m.mx
