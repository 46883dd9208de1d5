# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack info --json "$FIXTURES/digits.mx" | jq -c '[.format, .family, .parameters, .nonzero, (.bytes > 0), .license, .signed, .signature,
  (.tensors | length), (.tensors[0] | [.name, .dtype, .shape, (.codec | type), (.bytes > 0)])]'
bytes=$(mx-pack info --json "$FIXTURES/pruned.mx" | jq .bytes)
[ "$bytes" = "$(stat -c %s "$FIXTURES/pruned.mx")" ]
