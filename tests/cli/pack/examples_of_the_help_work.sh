# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
cp "$FIXTURES/digits.mx" digits.mx
cp "$FIXTURES/pruned.mx" tuned.mx
cp "$FIXTURES/network.yaml" network.yaml
cp "$MX_TEST_DATA/digits.csv" digits.csv
mx-pack export digits.mx -o weights.npz
mx-pack export digits.mx -o weights.safetensors
mx-pack digits.mx -o packed.mx >/dev/null
mx-train --init digits.mx --lora 2 --data digits.csv --steps 2 --seed 1 --threads 1 -q -o adapter.mx >/dev/null
cp packed.mx a.mx && cp packed.mx b.mx
for verb in '' info list check diff extract lineage import export; do
  mx-pack $verb --help | sed -n '/^Examples:/,/^$/p' | grep '^  mx-' >examples || { echo "'$verb' has no examples"; continue; }
  while read -r line; do
    rm -f head.npy int8.mx tensors.mx model.mx digits.npz digits.safetensors
    [[ $line != *'-o packed.mx'* ]] || rm -f packed.mx
    status=0; bash -c "$line" >out 2>&1 </dev/null || status=$?
    [ "$status" -eq 0 ] || [[ $line == 'mx-pack diff digits.mx packed.mx' ]] || { echo "exit $status: $line"; cat out; }
  done <examples
done
