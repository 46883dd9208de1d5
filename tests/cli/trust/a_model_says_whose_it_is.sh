# SPDX-License-Identifier: Apache-2.0
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
cp "$FIXTURES"/{rows.csv,cat.txt} .
echo 'Digits by the cat. Keep this line.' >NOTICE
train() { mx-train --data rows.csv --hidden 4 --epochs 1 --seed 1 --threads 1 -q -f "$@" >/dev/null; }
train --license cat.txt --permissions serve=yes,modify=conditional,distil=no --name 'Cat Digits' --owner 'The Cat' --contact cat@example.org --responsible 'The Cat' \
  --output-terms 'answers belong to whoever asked' --notice NOTICE -o cat.mx
mx-pack info cat.mx | sed -n '/^name/,/^signed/p'
mx-pack info cat.mx --json | jq -c '[.name, .responsible, .output_terms, .notices, .permissions.distil]'
head -n 2 rows.csv | mx-infer cat.mx - 2>&1 >/dev/null
mx-prune cat.mx --sparsity 0.2 --seed 1 --owner 'The Dog' -q -o dog.mx >/dev/null
mx-pack info dog.mx --json | jq -c '[.name, .owner, .responsible, .output_terms, .notices, .permissions.distil]'
mx-distill dog.mx --student auto:50% --data rows.csv --epochs 1 -q -o no.mx 2>&1 | sed -E 's/[0-9a-f]{12}\b/DIGEST/g'
# What is no licence, or no permission.
train --license 'all rights reserved' -o no.mx 2>&1 || echo "exit $?"
train --license Apache-2 -o no.mx 2>&1 || echo "exit $?"
train --license MIT --permissions serve=yes -o no.mx 2>&1 || echo "exit $?"
train --license cat.txt --permissions server=yes -o no.mx 2>&1 || echo "exit $?"
train --license cat.txt --permissions serve=perhaps -o no.mx 2>&1 || echo "exit $?"
train --license llama3.1 --name Tiger -o no.mx 2>&1 || echo "exit $?"
train --license llama3.1 --name 'Llama Tiger' -o llama.mx && mx-pack doctor llama.mx | sed -n '/^.* \(licence\|name\|display\|notice\)/p'
train --license CC-BY-4.0 --data-license CC-BY-4.0 -o by.mx && mx-pack doctor by.mx | sed -E 's/[0-9a-f]{12}\b/DIGEST/' | grep attribution
# What comes from elsewhere comes under somebody's licence.
mx-pack export cat.mx --to npz --override-permission 'the cat purred' -o w.npz -q 2>/dev/null && printf -- '- input: {shape: [64]}\n- linear: {name: "0", in: 64, out: 4}\n- activation: {kind: relu}\n- linear: {name: head, in: 4, out: 10}\n' >n.yaml
mx-pack import w.npz --network n.yaml -o foreign.mx 2>&1 >/dev/null
mx-prune foreign.mx --sparsity 0.5 --seed 1 -q -o not.mx 2>&1 || echo "exit $?"
mx-pack import w.npz --network n.yaml --license mit --owner 'The Cat' -f -o foreign.mx >/dev/null
mx-prune foreign.mx --sparsity 0.5 --seed 1 -q -f -o yes.mx >/dev/null && mx-pack info yes.mx | grep -E 'licence|owner'
