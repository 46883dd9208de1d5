# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack info "$FIXTURES/digits.mx"
mx-pack info - <"$FIXTURES/digits.mx" | cmp - <(mx-pack info "$FIXTURES/digits.mx")
