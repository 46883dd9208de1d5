# SPDX-License-Identifier: Apache-2.0
data=(--data "$MX_TEST_DATA/digits.csv" --fold 1/5 --epochs 3 --seed 1 --threads 1 -q)
teacher=$FIXTURES/teacher.mx
taught() { mx-distill "$teacher" --student auto:25% "${data[@]}" -f -o out.mx "$@" >/dev/null; }
taught --match logits,hidden
mx-pack list out.mx | grep -c projection || true
taught --match hidden --match-weight 0.5
taught --divergence js --beta 0.1
mx-distill "$teacher" "$teacher" --student auto:25% "${data[@]}" --teacher-weight 1,3 -f -o out.mx >/dev/null
refused() {
  local code=0
  taught "$@" || code=$?
  echo "exit $code"
}
{
  refused --match attention
  refused --match hiden
  refused --match hidden --layer-map 0:5
  refused --match hidden --layer-map zero
  refused --match hidden --match-weight 1,2
  refused --match hidden --match-weight x
  refused --teacher-weight 1,2
} 2>&1
