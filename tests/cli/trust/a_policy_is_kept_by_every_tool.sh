# SPDX-License-Identifier: Apache-2.0
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
cp "$FIXTURES"/{own.mx,adapter.mx,rows.csv} .
mx-pack keygen --no-passphrase -o team.key >/dev/null
mkdir rules && cp team.key.pub rules/
cat >rules/policy.yaml <<'YAML'
signers: [team.key.pub]
allowed-licenses: [MIT, Apache-2.0]
permit: [commercial]
largest-file: 100KB
probes: agree
quality: {valid_loss: {at-most: 10}}
YAML
mx-pack own.mx --license CC-BY-NC-4.0 -q -o nc.mx >/dev/null
mx-pack own.mx --license MIT -q -o mit.mx >/dev/null
echo "lr: {low: 0.001, high: 0.01, log: true}" >space.yaml
mx-pack sign mit.mx --key-file team.key && mx-pack sign nc.mx --key-file team.key
# Every command that reads models takes the one and refuses the other; 3 is untrusted.
while read -r command; do
  for model in mit.mx nc.mx; do
    rm -f out.*
    code=0; ${command//MODEL/$model} --policy rules/policy.yaml >/dev/null 2>err || code=$?
    printf '%s ' $code
    [ $code = 0 ] || grep -q 'nc.mx does not meet rules/policy.yaml: allowed-licenses: it is under CC-BY-NC-4.0; permit: commercial is forbidden' err || cat err
  done
  echo "${command%% MODEL*}"
done <<'END'
mx-pack info MODEL
mx-pack list MODEL
mx-pack check MODEL
mx-pack lineage MODEL
mx-pack diff MODEL MODEL
mx-pack extract MODEL --tensor 0.bias -o out.npy
mx-pack export MODEL --to npz -o out.npz
mx-pack MODEL -o out.mx
mx-pack MODEL --quantize int8 -o out.mx
mx-infer MODEL rows.csv
mx-infer eval MODEL --data rows.csv
mx-infer compare MODEL MODEL --data rows.csv
mx-infer bench MODEL --seconds 0.1
mx-train --init MODEL --data rows.csv --epochs 1 -q -o out.mx
mx-train tune space.yaml --init MODEL --data rows.csv --valid-fraction 0.2 -q -o out.mx
mx-distill MODEL --student auto:90% --data rows.csv --epochs 1 -q -o out.mx
mx-prune MODEL --sparsity 0.5 -q -o out.mx
END
# Through a pipe, unsigned, and what the doctor says of all clauses.
mx-pack info - --policy rules/policy.yaml --signature mit.mx.minisig <mit.mx | grep licence
mx-pack info - --policy rules/policy.yaml --signature nc.mx.minisig <nc.mx 2>&1 | head -n 1
mx-pack info own.mx --policy rules/policy.yaml 2>&1 || echo "exit $?"
sed -i '/signers/d; s/100KB/100/' rules/policy.yaml
mx-pack doctor own.mx --policy rules/policy.yaml | grep policy | sed "s/[0-9],[0-9]* bytes/N bytes/"
mx-pack doctor mit.mx --policy rules/policy.yaml >/dev/null || echo "exit $?"
sed -i 's/: 100$/: 1MB/' rules/policy.yaml
mx-pack doctor mit.mx --policy rules/policy.yaml | grep policy
# A policy may say otherwise what a licence allows, and a mistake in it is told.
echo 'licenses: {LicenseRef-ours: {title: Ours, serve: yes, modify: yes, distil: yes, redistribute: no, commercial: yes, source: the handbook}}' >ours.yaml
mx-pack own.mx --license LicenseRef-ours -q -o ours.mx 2>/dev/null >/dev/null
mx-prune ours.mx --sparsity 0.5 --seed 1 -q -o out.mx >/dev/null 2>&1 || echo "exit $?"
mx-prune ours.mx --sparsity 0.5 --seed 1 -q -f -o out.mx --policy ours.yaml >/dev/null && echo pruned
mx-pack licenses LicenseRef-ours --policy ours.yaml
echo 'alowed-licenses: [MIT]' >wrong.yaml
mx-infer mit.mx rows.csv --policy wrong.yaml 2>&1 || echo "exit $?"
