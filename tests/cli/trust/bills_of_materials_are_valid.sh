# SPDX-License-Identifier: Apache-2.0
# timeout: 180
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
[ -d "$MX_JUDGES" ] || { echo "the judges are not installed: scripts/setup.sh --tests"; exit 77; }
cp "$FIXTURES"/{rows.csv,cat.txt,own.mx,adapter.mx} .
judge() { PYTHONPATH=$MX_JUDGES python3 "$MX_SOURCE/tests/cli/judge.py" "$@"; }
mx-train --data rows.csv --valid-fraction 0.2 --hidden 8 --epochs 3 --seed 1 --threads 1 --license llama3.1 --name 'Llama "x"' --owner 'Some Lab' --contact lab@example.org \
  --data-license CC-BY-4.0 --data-source 'UCI digits' --notice cat.txt -q -o llama.mx >/dev/null
mx-distill llama.mx --student auto:60% --data rows.csv --epochs 1 --seed 1 --threads 1 -q -o small.mx >/dev/null
mx-pack small.mx --quantize int8 -q -o packed.mx >/dev/null
n=0
for license in cat.txt MIT 'MIT OR (Apache-2.0 AND ISC)' 'GPL-2.0-only WITH Classpath-exception-2.0' NONE NOASSERTION 'MIT AND NOASSERTION' Apache-2 LicenseRef-ours cc-by-3.0; do
  n=$((n + 1))
  mx-pack own.mx --license "$license" -q -o license$n.mx >/dev/null 2>&1
done
for model in llama.mx small.mx packed.mx own.mx adapter.mx license*.mx "$MX_GOLDEN"/v{1-tensors,1-llama,1-gpt,1-bert,2-delta,2-cache,3-adapter,4-cache}.mx; do
  for format in cyclonedx spdx; do mx-pack card "$model" --format $format -q -o "$(basename "$model").$format.json" 2>/dev/null; done
done
judge cyclonedx ./*.cyclonedx.json
judge spdx ./*.spdx.json
# A judge that takes anything would not be one.
mx-pack card small.mx --format cyclonedx -o bom.json
mx-pack card small.mx --format spdx -o bom2.json
jq 'del(.metadata.component.name)' bom.json >wrong.json; judge cyclonedx wrong.json 2>/dev/null
jq '.metadata.component.modelCard.x = 1' bom.json >wrong.json; judge cyclonedx wrong.json 2>/dev/null
jq '.packages[0].licenseDeclared = "no such licence"' bom2.json >wrong.json; judge spdx wrong.json 2>/dev/null
jq '.relationships[0].relatedSpdxElement = "SPDXRef-nobody"' bom2.json >wrong.json; judge spdx wrong.json 2>/dev/null
jq -c '[.metadata.component.type, .metadata.component.name, (.metadata.component.licenses[0] | keys), (.metadata.component.modelCard.modelParameters | keys),
  (.components | map(.type)), (.metadata.component.pedigree.ancestors | length)]' bom.json
jq -r '.metadata.component.hashes[0].content' bom.json | sed 's/$/  small.mx/' | sha256sum -c
jq -c '[(.packages | length), (.relationships | map(.relationshipType) | unique), .packages[0].supplier, .packages[0].attributionTexts, (.hasExtractedLicensingInfos | map(.licenseId))]' bom2.json
# The same document for the same model, at the same time.
for i in 1 2; do SOURCE_DATE_EPOCH=1700000000 mx-pack card small.mx --format cyclonedx -f -o $i.json; done
cmp 1.json 2.json && jq -r .metadata.timestamp 1.json
mx-pack card - --format spdx <small.mx 2>&1 || echo "exit $?"
