# SPDX-License-Identifier: Apache-2.0
data=$MX_TEST_DATA/digits.csv
refused() {
  local code=0
  mx-train "$@" -q -o out.mx || code=$?
  echo "exit $code"
}
mx-train --data "$data" --hidden 8 --steps 2 -q -o base.mx >/dev/null
{
  refused
  refused --hidden 8
  refused --data "$data" --steps 5 --epochs 2
  refused --data "$data" --patience 3
  refused --data "$data" --augment shift:1
  refused --data "$data" --augment turn:1
  refused --data "$data" --init base.mx --hidden 9
  refused --data "$data" --model cnn
  refused --data "$data" --device cuda
  refused --data nothing.csv
  refused --data "$data" --optimzer adam
} 2>&1
[ "$(ls)" = base.mx ]
