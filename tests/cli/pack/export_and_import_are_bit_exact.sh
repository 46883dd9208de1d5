# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
# The numbers of a safetensors file; what stands before them says whose they are.
numbers() { tail -c "+$((9 + $(od -An -tu8 -N8 "$1")))" "$1"; }
mx-pack export "$FIXTURES/digits.mx" -o digits.safetensors
mx-pack export "$FIXTURES/digits.mx" --to npz -o - >digits.npz
for file in digits.safetensors digits.npz; do
  mx-pack import --license CC0-1.0 $file -q -o $file.mx >/dev/null
  mx-pack export $file.mx --to safetensors -o again
  cmp <(numbers digits.safetensors) <(numbers again)
  mx-pack export $file.mx --to npz -o again.npz 2>/dev/null
  cmp digits.npz again.npz
  rm again again.npz
  mx-pack diff --json $file.mx "$FIXTURES/digits.mx" | jq -c .tensors
done
cat digits.npz | mx-pack import - -o - 2>/dev/null | mx-pack info --json - | jq -c '[.parameters, .family]'
