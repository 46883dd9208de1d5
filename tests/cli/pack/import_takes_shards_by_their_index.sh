# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
# Two files of two tensors each, made by hand: little-endian length, header, bytes.
shard() { # NAME HEADER BYTES
  local length=${#2}
  { printf "\\x$(printf %02x $((length % 256)))\\x$(printf %02x $((length / 256)))\\0\\0\\0\\0\\0\\0"; printf %s "$2"; printf %s "$3"; } >"$1"
}
mkdir folder
shard folder/model-1.safetensors '{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[6,8]}}' abcdefgh
shard folder/model-2.safetensors '{"c":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"d":{"dtype":"F16","shape":[],"data_offsets":[8,10]}}' 0123456789
echo '{"metadata":{"total_size":18},"weight_map":{"a":"model-1.safetensors","b":"model-1.safetensors","c":"model-2.safetensors","d":"model-2.safetensors"}}' >folder/model.safetensors.index.json
mx-pack import --license CC0-1.0 folder -q -o one.mx >/dev/null
mx-pack import --license CC0-1.0 folder/model.safetensors.index.json -q -o two.mx >/dev/null
cmp one.mx two.mx
mx-pack list --json one.mx | jq -c '.tensors | map([.name, .dtype, .shape])'
mx-pack lineage --json one.mx | jq -c '.nodes[0].data | map(.role)'
mx-pack export one.mx --to safetensors -o all.safetensors >/dev/null
tail -c 18 all.safetensors; echo
mx-pack extract one.mx --tensor d --as raw -o - | cat; echo
sed 's/"d":"model-2/"e":"model-2/' folder/model.safetensors.index.json >folder/wrong.index.json
mx-pack import --license CC0-1.0 folder/wrong.index.json -o none.mx || echo "exit $?"
sed 's/"d":"model-2/"d":"..\/model-2/' folder/model.safetensors.index.json >folder/wrong.index.json
mx-pack import --license CC0-1.0 folder/wrong.index.json -o none.mx || echo "exit $?"
echo '{"weight_map":{"a":"missing.safetensors"}}' >folder/wrong.index.json
mx-pack import --license CC0-1.0 folder/wrong.index.json -o none.mx || echo "exit $?"
echo '{}' >folder/wrong.index.json
mx-pack import --license CC0-1.0 folder/wrong.index.json -o none.mx || echo "exit $?"
mkdir empty
mx-pack import --license CC0-1.0 empty -o none.mx || echo "exit $?"
ls none.mx 2>/dev/null || true
