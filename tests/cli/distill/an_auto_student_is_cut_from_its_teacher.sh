# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/teacher.mx" ] || { echo "mx-train is not built"; exit 77; }
for ((i = 0; i < 150; ++i)); do printf 'the %s cat sat on the %s mat\n' "$((i % 7))" "$((i % 5))"; done >text.txt
mx-train --data text.txt --model gpt --tokenizer char --layers 3 --heads 4 --dim 16 --context 16 --steps 150 --batch-size 16 --lr 0.01 --seed 1 --threads 1 -q -o lm.mx >/dev/null
student() { mx-distill "$1" --student "$2" --student-start "$3" --data "$4" --steps 1 --lr 1e-9 --seed 1 --threads 1 -q -f --json -o "$3.mx"; }
for teacher in "lm.mx text.txt" "$FIXTURES/teacher.mx $MX_TEST_DATA/digits.csv"; do
  for share in 60 30; do
    # shellcheck disable=SC2086
    set -- $teacher
    student "$1" "auto:$share%" cut "$2" >cut.json
    student "$1" "auto:$share%" random "$2" >random.json
    jq -sc --argjson share "$share" '[.[0].student_parameters <= .[0].teacher_parameters * $share / 100,
      .[0].student_parameters == .[1].student_parameters, .[0].student_loss < 0.8 * .[1].student_loss]' cut.json random.json
  done
done
# Its only parent is the teacher, and the same command gives the same bytes.
mx-pack lineage cut.mx --json | jq -c '[.nodes[] | select(.operation == "distill") | .parents[].role]'
cp cut.mx first.mx
student "$FIXTURES/teacher.mx" auto:30% cut "$MX_TEST_DATA/digits.csv" >/dev/null
cmp first.mx cut.mx
status=0; student "$FIXTURES/teacher.mx" auto:0.1% cut "$MX_TEST_DATA/digits.csv" || status=$?
echo "exit $status"
# Dropout of the teacher's is not the student's.
mx-train --data text.txt --model gpt --tokenizer char --layers 1 --heads 2 --dim 8 --context 8 --dropout 0.5 --steps 1 --seed 1 --threads 1 -q -o dropout.mx >/dev/null
student dropout.mx auto:80% cut text.txt >/dev/null
for model in dropout.mx cut.mx; do mx-pack info "$model" --json | jq '[.network | .. | .dropout? | select(. != null)] | length'; done
