# SPDX-License-Identifier: Apache-2.0
# Escape sequences, marks of direction, markup and formulas in what a file says: shown, never obeyed.
header='{"a\u202eb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
{ printf "\\x$(printf %02x ${#header})\0\0\0\0\0\0\0"; printf '%sx' "$header"; } >w.safetensors
esc=$(printf '\033') c1=$(printf '\302\233') rlo=$(printf '\342\200\256') zwsp=$(printf '\342\200\213')
echo "k$esc]0;title" >notice
mx-pack import w.safetensors --license CC0-1.0 -q -o m.mx --name "n$esc[31m" --owner "o${c1}2J<script>|[x](http://y)" \
  --contact "c${rlo}moc" --responsible "r${zwsp}&#x202e;" --output-terms "t
\$x\$ ~~y~~" --notice notice >/dev/null
{
  mx-pack list m.mx
  mx-pack info m.mx
  mx-pack info --json m.mx
  mx-pack lineage m.mx
  mx-pack lineage --dot m.mx
  mx-pack doctor m.mx || true
  mx-pack doctor --json m.mx || true
  for format in text html json spdx cyclonedx hf; do mx-pack card --format $format m.mx; done
} >all 2>&1
for bad in "$esc" "$c1" "$rlo" "$zwsp"; do ! grep -nF -e "$bad" all; done
mx-pack info --json m.mx | jq -r .contact | od -An -tx1
mx-pack list --json m.mx | jq -r '.tensors[0].name' | od -An -tx1
mx-pack card --format hf m.mx | grep -e 'owner' -e 'responsible' -e 'terms'
mx-pack card --format html m.mx | grep -c '<script>' || true
