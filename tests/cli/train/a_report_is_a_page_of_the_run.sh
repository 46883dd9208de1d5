# SPDX-License-Identifier: Apache-2.0
# timeout: 120
source "$MX_SOURCE/tests/cli/report.bash"
command=(mx-train --data "$MX_TEST_DATA/digits.csv" --label digit --fold 1/5 --valid-fraction 0.1 --hidden 16 --epochs 3 --seed 1
  --threads 1 -q)
hostile=$'</script><b>\xff"\x1b'
"${command[@]}" --owner "$hostile" --json -o out.mx --report page.html --metrics reports.jsonl >result.json
page_holds page.html result.json
figures page.html
jq -c '[.task, (.data[0] | keys), .parents, (.valid_loss_interval | length)]' result.json
grep -o 'owner.\{60\}' page.html | head -n 1
# The model does not know of the page.
"${command[@]}" --owner "$hostile" -o other.mx >/dev/null
cmp out.mx other.mx
refuses_broken_reports "${command[@]}"
# On standard output the page is alone.
"${command[@]}" -o piped.mx --report - >piped.html
xmllint --noout piped.html
grep -o '"lead">[0-9]* steps' piped.html
