# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/digits.mx" --quantize int8 -o int8.mx >/dev/null
mx-pack int8.mx --quantize int8 -o twice.mx
