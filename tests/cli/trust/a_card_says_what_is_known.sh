# SPDX-License-Identifier: Apache-2.0
# timeout: 120
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
cp "$FIXTURES"/rows.csv .
train() { mx-train --data rows.csv --valid-fraction 0.2 --epochs 5 --seed 1 --threads 1 -q -f "$@" >/dev/null; }
ids() { sed -E 's/[0-9a-f]{64}/DIGEST/g; s/\b[0-9a-f]{12}\b/SHORT/g; s/[0-9]+\.[0-9]+/N/g; s/[0-9,]+ (bytes|字节)/N \1/'; }
train --hidden 8 --license CC-BY-4.0 --owner 'Some Lab' --data-license CC-BY-4.0 --data-source 'UCI, optical digits' -o teacher.mx
mx-distill teacher.mx --student auto:60% --data rows.csv --valid-fraction 0.2 --epochs 5 --seed 1 --threads 1 --name 'Small <b>digits</b> & more' \
  --output-terms 'free to use' -q -o small.mx >/dev/null
mx-pack card small.mx | ids
mx-pack card small.mx --language zh | ids | head -n 24
# Nothing is known of some files, and that is said.
mx-pack card "$MX_GOLDEN/v1-tensors.mx" | grep -c missing
mx-pack card "$MX_GOLDEN/v1-llama.mx" | grep network
mx-pack card "$MX_GOLDEN/v1-llama.mx" --language zh | grep 网络
# As scripts read it: every line is measured, declared or missing.
mx-pack card small.mx --format json | jq -c '[.title, .language, (.sections | map(.key)), (.sections | map(.lines[].known) | unique)]'
mx-pack card small.mx --format json | jq -c '.sections[] | select(.key == "quality") | .lines[0] | [.key, .value.n, (.value.interval | length)]'
# One page, well-formed, without script or network; names are no markup.
for language in en zh; do
  mx-pack card small.mx --format html --language $language -o $language.html
  xmllint --noout $language.html && grep -c '<b>digits' $language.html || true
  grep -ciE '<script(>| type="text|.*src=)|(src|href)="http' $language.html || true
  grep -o '<html lang="[a-z]*"' $language.html
done
diff <(mx-pack card small.mx --format json | jq -S .) <(sed -n 's/.*<script type="application\/json" id="card">\(.*\)<\/script>.*/\1/p' en.html | jq -S .) && echo "the page holds the card"
# A card for a hub.
mx-pack card small.mx --format hf >README.md
sed -n '2,/^---/p' README.md | ids
mx-pack card small.mx --format html -o en.html 2>&1 || echo "exit $?"
mx-pack card missing.mx 2>&1 || echo "exit $?"
