# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
cp "$FIXTURES/digits.mx" a.mx
mx-pack diff a.mx "$FIXTURES/digits.mx"
status=0; mx-pack diff a.mx "$FIXTURES/pruned.mx" || status=$?
echo "exit $status"
status=0; mx-pack diff --json a.mx "$FIXTURES/pruned.mx" >diff.json || status=$?
jq -c '[.same, .network, .schema, .rights, .lineage, (.tensors | length), (.tensors[0] | keys)]' diff.json
mx-pack export a.mx -o a.npz
mx-pack import --license CC0-1.0 a.npz --network "$FIXTURES/network.yaml" -q -o i.mx >/dev/null
status=0; mx-pack diff a.mx i.mx || status=$?
echo "exit $status"
