# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/digits.mx" -o file.mx >/dev/null
mx-pack - -o - <"$FIXTURES/digits.mx" 2>/dev/null | cmp - file.mx
mx-pack -o - <"$FIXTURES/digits.mx" 2>/dev/null | cmp - file.mx
mkfifo in out
cat "$FIXTURES/digits.mx" >in &
cmp out file.mx &
mx-pack in -o out >/dev/null
wait %2
mx-pack <(cat "$FIXTURES/digits.mx") -o substituted.mx >/dev/null
cmp substituted.mx file.mx
