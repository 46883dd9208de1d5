# SPDX-License-Identifier: Apache-2.0
mx-train --data "$MX_TEST_DATA/digits.csv" --label digit --fold 1/5 --valid-fraction 0.1 --hidden 32 --epochs 3 --seed 1 -q \
  --json -o out.mx >result.json
for key in steps seconds train_loss valid_loss valid_accuracy parameters rows_per_second test_loss test_accuracy bytes; do
  grep -q "\"$key\":[0-9]" result.json || echo "no $key"
done
[ "$(stat -c %s out.mx)" = "$(grep -o '"bytes":[0-9]*' result.json | cut -d: -f2)" ]
