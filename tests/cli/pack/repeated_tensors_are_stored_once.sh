# SPDX-License-Identifier: Apache-2.0
# Three tensors of 40,000 numbers, two of them the same.
entry() { printf '"%s":{"dtype":"F32","shape":[40000],"data_offsets":[%d,%d]}' "$1" $(($2 * 160000)) $((($2 + 1) * 160000)); }
head="{$(entry first 0),$(entry other 1),$(entry tied 2)}"
{
  printf "\\x$(printf %x ${#head})\0\0\0\0\0\0\0%s" "$head"
  seq 100000 | head -c 160000
  seq 200000 300000 | head -c 160000
  seq 100000 | head -c 160000
} >w.safetensors
mx-pack import --license CC0-1.0 w.safetensors -o w.mx >/dev/null
mx-pack list w.mx
mx-pack list --json w.mx | jq -c '.tensors[] | [.name, .same, .bytes > 0]'
mx-pack check w.mx
mx-pack export w.mx --to safetensors -o - >out.safetensors
cmp <(tail -c 480000 out.safetensors) <(tail -c 480000 w.safetensors)
mx-pack export - --to safetensors -o - <w.mx | cmp - out.safetensors
mx-pack extract w.mx --tensor tied --as raw -o - | cmp - <(seq 100000 | head -c 160000)
mx-pack w.mx --effort max -o again.mx >/dev/null
mx-pack export again.mx --to safetensors -o - | tail -c 480000 | cmp - <(tail -c 480000 w.safetensors)
