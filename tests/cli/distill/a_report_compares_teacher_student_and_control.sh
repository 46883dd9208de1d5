# SPDX-License-Identifier: Apache-2.0
# timeout: 120
source "$MX_SOURCE/tests/cli/report.bash"
command=(mx-distill "$FIXTURES/teacher.mx" --student auto:10% --data "$MX_TEST_DATA/digits.csv" --fold 1/5 --valid-fraction 0.1
  --epochs 2 --seed 1 --threads 1 -q --control)
"${command[@]}" --json -o out.mx --report page.html --metrics reports.jsonl >result.json
page_holds page.html result.json
figures page.html
jq -r .run reports.jsonl | sort | uniq -c
jq -c '[.task, (.models[] | [.name, has("bytes"), .parameters, (.accuracy_interval | length)]), .parents[0].role]' result.json
jq -c '[.models[0].bytes, .models[1].bytes, .models[1].loss == .student_loss, .models[2].loss == .control_loss]' result.json |
  sed "s/$(stat -c %s "$FIXTURES/teacher.mx"),$(stat -c %s out.mx)/sizes/"
refuses_broken_reports "${command[@]}"
