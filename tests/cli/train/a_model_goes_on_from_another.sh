# SPDX-License-Identifier: Apache-2.0
mx-train --data "$MX_TEST_DATA/digits.csv" --hidden 32 --epochs 10 --fold 1/5 --seed 1 --license CC-BY-4.0 --owner A -q -o base.mx >/dev/null
mx-train --init base.mx --data "$MX_TEST_DATA/digits.csv" --epochs 1 --fold 1/5 --lr 0.0001 --seed 1 --license MIT -q --json -o tuned.mx >tuned.json
grep -o '"test_accuracy":0.9' tuned.json
grep -o '"parameters":[0-9]*' tuned.json
