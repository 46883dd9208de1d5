# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack check "$FIXTURES/digits.mx"
mx-pack check - <"$FIXTURES/pruned.mx"
mx-pack check --json "$FIXTURES/digits.mx" | jq -c '[.ok, .tensors, .probes]'
