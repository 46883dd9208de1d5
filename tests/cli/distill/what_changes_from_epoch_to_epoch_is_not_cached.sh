# SPDX-License-Identifier: Apache-2.0
printf 'x,y\n' >line.csv
seq 1 40 | sed 's/.*/&,&/' >>line.csv
mx-train --data line.csv --label y --task regress --hidden 4 --epochs 2 --seed 1 -q -o line.mx >/dev/null
refused() {
  local code=0
  mx-distill "$@" --cache c.mx --epochs 1 -q -o out.mx || code=$?
  echo "exit $code"
}
{
  refused line.mx --student auto:50% --data line.csv
} 2>&1
ls
