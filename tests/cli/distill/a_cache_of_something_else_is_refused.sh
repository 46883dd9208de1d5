# SPDX-License-Identifier: Apache-2.0
data=(--fold 1/5 --epochs 1 --seed 1 --threads 1 -q)
rows=(--data "$MX_TEST_DATA/digits.csv" "${data[@]}")
teach() {
  local code=0
  mx-distill "$@" --cache c.mx -o out.mx >/dev/null || code=$?
  echo "exit $code"
}
cp "$FIXTURES/teacher.mx" .
mx-train "${rows[@]}" --label digit --hidden 8 -o other.mx >/dev/null
head -n 1000 "$MX_TEST_DATA/digits.csv" >fewer.csv
{
  teach teacher.mx --student auto:25% "${rows[@]}" --cache-top 4
  rm out.mx
  teach other.mx --student auto:25% "${rows[@]}"
  teach teacher.mx --student auto:25% --data fewer.csv "${data[@]}"
  teach teacher.mx --student auto:25% "${rows[@]}" --fold 2/5
  teach teacher.mx --student auto:25% "${rows[@]}" --cache-top 5
  teach teacher.mx --student auto:25% "${rows[@]}" --cache-epochs 2
  teach teacher.mx --student auto:25% "${rows[@]}" --dry-run --cache-top 5
  # A cut one, one with a flipped bit, and what is no cache.
  mv c.mx whole.mx
  head -c 2000 whole.mx >c.mx
  teach teacher.mx --student auto:25% "${rows[@]}"
  { head -c 2000 whole.mx; printf '\377'; tail -c +2002 whole.mx; } >c.mx
  teach teacher.mx --student auto:25% "${rows[@]}"
  cp teacher.mx c.mx
  teach teacher.mx --student auto:25% "${rows[@]}"
  cmp teacher.mx c.mx
  rm c.mx
  mx-distill teacher.mx --student auto:25% "${rows[@]}" --cache c.mx -o c.mx || echo "exit $?"
  mx-distill teacher.mx --student auto:25% "${rows[@]}" --cache-top 3 -o out.mx || echo "exit $?"
} 2>&1 | sed 's/[0-9a-f]\{64\}/DIGEST/g'
ls
