# SPDX-License-Identifier: Apache-2.0
# timeout: 120
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
source "$MX_SOURCE/tests/cli/report.bash"
cp "$FIXTURES/poor.mx" '<poor> & "b".mx'
mx-infer compare "$FIXTURES/points.mx" '<poor> & "b".mx' --data "$FIXTURES/points.csv" --json --report page.html >result.json
page_holds page.html result.json
figures page.html
xmllint --xpath 'string(//*[local-name() = "h1"])' page.html
jq -c '[.task, (.models[] | .name, (.accuracy_interval | length)), (.data[0] | .rows)]' result.json
jq -c '[.models[0].loss == .loss_a, .models[1].loss == .loss_b]' result.json
mx-infer compare "$FIXTURES/lm.mx" "$FIXTURES/lm.mx" --data "$FIXTURES/tiny.txt" --json --report text.html >text.json
page_holds text.html text.json
jq -c '[.models[] | .accuracy > 0.9 and .loss_interval[0] <= .loss and .loss <= .loss_interval[1]]' text.json
mx-infer compare "$FIXTURES/sums.mx" "$FIXTURES/sums.mx" --data "$FIXTURES/sums.csv" --report sums.html >/dev/null
figures sums.html
mx-infer eval "$FIXTURES/points.mx" --data "$FIXTURES/points.csv" --json --report eval.html >eval.json
page_holds eval.html eval.json
# A gate that is missed is told behind the page.
code=0
mx-infer compare "$FIXTURES/points.mx" "$FIXTURES/poor.mx" --data "$FIXTURES/points.csv" --max-flips 0 --report gate.html >/dev/null ||
  code=$?
echo "exit $code"
xmllint --noout gate.html
refuses_broken_reports mx-infer compare "$FIXTURES/points.mx" "$FIXTURES/poor.mx" --data "$FIXTURES/points.csv"
