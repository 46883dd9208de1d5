# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/digits.mx" --quantize int4 --override 'tail=int8' -o none.mx
