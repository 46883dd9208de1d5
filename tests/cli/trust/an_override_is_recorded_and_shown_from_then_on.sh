# SPDX-License-Identifier: Apache-2.0
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
cp "$FIXTURES"/{own.mx,rows.csv} .
ids() { sed -E 's/[0-9a-f]{64}/DIGEST/g; s/[0-9a-f]{12}\b/DIGEST/g'; }
mx-pack own.mx --license llama2 --owner Meta --name Base -q -o base.mx >/dev/null
mx-prune base.mx --sparsity 0.3 --seed 1 -q -o pruned.mx >/dev/null
distil() { mx-distill pruned.mx --student auto:90% --student-start random --data rows.csv --epochs 1 --seed 1 --threads 1 -q -o student.mx "$@" >/dev/null; }
distil 2>&1 | ids
distil --override-permission 'Meta agreed by letter of May 2' 2>&1 | ids
# Every later tool says so.
mx-pack student.mx --quantize int8 -q -o packed.mx 2>&1 >/dev/null
for command in 'mx-infer packed.mx rows.csv' 'mx-infer eval packed.mx --data rows.csv' 'mx-pack info packed.mx' 'mx-pack list packed.mx' 'mx-pack check packed.mx' \
  'mx-pack lineage packed.mx' 'mx-pack extract packed.mx --tensor 0.bias -o b.npy' 'mx-pack export packed.mx --to npz -o e.npz' 'mx-pack packed.mx -f -o again.mx' \
  'mx-prune packed.mx --sparsity 0.1 --seed 1 -f -o again.mx' 'mx-train --init packed.mx --data rows.csv --epochs 1 --seed 1 -f -o again.mx'; do
  $command 2>&1 >/dev/null | grep -c 'warning: packed.mx: distill although LicenseRef-Llama-2 forbids training on its outputs: Meta agreed by letter of May 2'
done
mx-pack doctor packed.mx | grep override
mx-pack info packed.mx --json 2>/dev/null | jq -c '[.license, .permissions, .duties, .overrides]'
mx-pack lineage packed.mx --json 2>/dev/null | jq -c '.nodes[] | select(.override) | .override'
# What is not needed is not recorded.
mx-prune own.mx --sparsity 0.3 --seed 1 --override-permission 'to be safe' -q -o kept.mx 2>&1 >/dev/null
mx-pack lineage kept.mx --json | jq -c '[.nodes[].override]'
