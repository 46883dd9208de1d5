# SPDX-License-Identifier: Apache-2.0
mx-train --data "$MX_TEST_DATA/digits.csv" --label digit --hidden 32 --optimizer sgd --lr 1e6 --seed 1 -q -o out.mx || code=$?
[ ! -e out.mx ]
[ -e out.mx.ckpt ]
exit "$code"
