# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
[ -x "$MX_BIN/mx-train" ] || { echo 'mx-train is not built'; exit 77; }
expect 0 mx-train --seed 5 --threads 1 --data "$MX_TEST_DATA/digits.csv" --hidden 4 --epochs 2 -o out.mx --metrics m.jsonl
[ "$(wc -l <m.jsonl)" -ge 2 ] || wrong 'there is no report'
first=$(head -n 1 m.jsonl)
for part in '"tool":"mx-train"' '"version":"' '"seed":5' '"epochs":2' '"hidden":' '"LibTorch":"2'; do
  [[ $first == *"$part"* ]] || wrong "the first line lacks $part"
done
! grep -qv '^{.*}$' m.jsonl || wrong 'a line is not an object'
expect 4 mx-train --seed 5 --data "$MX_TEST_DATA/digits.csv" --hidden 4 --epochs 1 -o b.mx --metrics /dev/full
grep -q 'cannot write /dev/full: No space left on device' err || wrong 'a full disk of metrics is not told'
