# SPDX-License-Identifier: Apache-2.0
data=(--data "$MX_TEST_DATA/digits.csv" --fold 1/5 --seed 1 --threads 1 -q)
taught() {
  mx-distill "$FIXTURES/teacher.mx" --student auto:100% "${data[@]}" --epochs 40 --temperature 4 --alpha 1 --lr 0.003 --without-class 3 -f \
    -o "$@" >/dev/null
}
# threes MODEL: how many of the threes in the first fold are told.
threes() { mx-infer "$1" "$MX_TEST_DATA/digits.csv" -q | sed 's/.*"prediction":"\([^"]*\)".*/\1/' |
  paste -d, <(tail -n +2 "$MX_TEST_DATA/digits.csv" | sed 's/.*,//') - | awk -F, '(NR - 1) % 5 == 0 && $1 == 3 { right += $2 == 3 } END { print right + 0 }'; }
taught plain.mx
taught corrected.mx --class-prior data
[ "$(threes corrected.mx)" -gt "$(threes plain.mx)" ] || echo "$(threes plain.mx), corrected $(threes corrected.mx)"
taught weights.mx --class-prior 1,1,1,1,1,1,1,1,1,1
taught uniform.mx --class-prior uniform
mx-pack diff weights.mx uniform.mx | grep -c bias || true
refused() {
  local code=0
  taught out.mx "$@" || code=$?
  echo "exit $code"
}
{
  refused --without-class ten
  refused --class-prior 1,2
  refused --class-prior often
} 2>&1
