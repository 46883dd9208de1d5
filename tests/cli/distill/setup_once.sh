# SPDX-License-Identifier: Apache-2.0
mx-train --data "$MX_TEST_DATA/digits.csv" --label digit --fold 1/5 --hidden 96,48 --epochs 15 --seed 1 --threads 1 --license MIT \
  --owner Teacher -q -o teacher.mx >/dev/null
