# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/stop_often.sh"
source "$MX_SOURCE/tests/cli/report.bash"
command=(mx-train --data "$MX_TEST_DATA/digits.csv" --label digit --fold 1/5 --valid-fraction 0.1 --hidden 64
  --steps 4000 --eval-every 10 --seed 4 --threads 1 -q)
# The lines of the figures: 400 reports, of which a page and a checkpoint keep 256.
lines() { grep -o 'class="line s[0-9]" d="[^"]*"' "$1"; }
"${command[@]}" -o whole.mx --report whole.html >/dev/null
stop_often TERM parts.mx "${command[@]}" --checkpoint-every 50 -o parts.mx --report parts.html >/dev/null
cmp whole.mx parts.mx
lines whole.html >whole.txt
lines parts.html | diff - whole.txt
[ "$(wc -l <whole.txt)" -eq 4 ]
head -n 1 whole.txt | tr -cd L | wc -c
