# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack diff - "$FIXTURES/digits.mx" <"$FIXTURES/digits.mx"
mx-pack diff - - <"$FIXTURES/digits.mx"
