# SPDX-License-Identifier: Apache-2.0
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
head -n 400 "$MX_TEST_DATA/digits.csv" >rows.csv
mx-train --data rows.csv --valid-fraction 0.2 --hidden 8 --epochs 1 --seed 1 --threads 1 --license MIT --owner 'Some Lab' --contact lab@example.org \
  --data-license CC-BY-4.0 -q -o m.mx >/dev/null
mx-pack keygen --no-passphrase -o k.key >/dev/null
mx-pack sign m.mx --key-file k.key
said() { sed 's/by [0-9A-F]\{16\}/by KEY/; s/what [0-9A-F]\{16\}/what KEY/; s/[0-9.]*[0-9],/NUMBER,/g; s/ [0-9.]*[0-9]$/ NUMBER/; s/  */ /g'; }
doctor() { mx-pack doctor "$@" >out 2>&1 || echo "exit $?"; said <out; }
doctor m.mx
doctor m.mx --require-signed k.key.pub
# Of a file that nobody says anything of.
cp "$MX_GOLDEN/v1-tensors.mx" bare.mx
doctor bare.mx
doctor bare.mx --require-signed k.key.pub
# What is wrong.
cp m.mx other.mx
mx-pack other.mx -f -o changed.mx >/dev/null && cp m.mx.minisig changed.mx.minisig
doctor changed.mx --require-signed k.key.pub | head -n 2
{ head -c 700 m.mx; printf '\377'; tail -c +702 m.mx; } >flipped.mx
doctor flipped.mx
head -c 500 m.mx >cut.mx
doctor cut.mx
doctor missing.mx
doctor "$MX_GOLDEN/v1-model.mx" | grep -v '^note\|^warning\|^ok'
doctor - --require-signed k.key.pub --signature m.mx.minisig <m.mx | head -n 2
doctor - <m.mx | head -n 2
# As scripts and scanners read it.
mx-pack doctor m.mx --json | jq -c '[.ok, (.findings | map(.level) | unique)]'
mx-pack doctor flipped.mx --json | jq -c '[.ok, .findings[-1].rule, .findings[-1].level]' || true
cp bare.mx 'a b#c%.mx' && mx-pack doctor 'a b#c%.mx' --sarif | jq -r '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri'
mx-pack doctor bare.mx --sarif | jq -c '[.version, .runs[0].tool.driver.name, (.runs[0].results | length > 3),
  (.runs[0].results | all(.level as $l | ["none", "note", "warning", "error"] | index($l)))]'
