# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/pruned.mx" --quantize int8 -o int8.mx >/dev/null
before=$(mx-pack info --json "$FIXTURES/pruned.mx" | jq .nonzero)
after=$(mx-pack info --json int8.mx | jq .nonzero)
[ "$after" -le "$before" ]
