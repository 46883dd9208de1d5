# SPDX-License-Identifier: Apache-2.0
mx-train --data "$MX_TEST_DATA/digits.csv" --hidden 8 --steps 5 -q -o - --checkpoint c.ckpt --seed 1 >a.mx
mx-train --data "$MX_TEST_DATA/digits.csv" --hidden 8 --steps 5 -q -o b.mx --seed 1 >/dev/null
cmp a.mx b.mx
[ ! -e c.ckpt ]
mx-train --data "$MX_TEST_DATA/digits.csv" --hidden 8 --steps 5 -q -o - >c.mx
