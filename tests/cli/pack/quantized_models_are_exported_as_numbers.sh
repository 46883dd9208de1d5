# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/digits.mx" --quantize int8 -o int8.mx >/dev/null
mx-pack export int8.mx -o int8.npz
mx-pack import --license CC0-1.0 int8.npz -q -o back.mx >/dev/null
mx-pack list --json back.mx | jq -c '[.tensors[].dtype] | unique'
