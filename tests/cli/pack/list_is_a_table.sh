# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack list "$FIXTURES/digits.mx"
mx-pack list --json "$FIXTURES/digits.mx" | jq -c '[.tensors[].name]'
