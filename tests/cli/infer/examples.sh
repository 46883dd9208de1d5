# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo 'mx-train is not built'; exit 77; }
# What --help shows works when it is pasted.
cp "$FIXTURES/digits.mx" "$FIXTURES/lm.mx" "$FIXTURES/tiny.txt" .
for copy in teacher student small; do cp digits.mx $copy.mx; done
cp "$MX_TEST_DATA/digits.csv" .
mx-train --init digits.mx --lora 2 --data digits.csv --steps 2 --seed 1 --threads 1 -q -o adapter.mx >/dev/null
for verb in "" eval compare bench; do
  # shellcheck disable=SC2086 # no verb is no word
  mx-infer $verb --help | sed -n '/^Examples:/,/^$/s/^  //p' >examples
  [ "$(wc -l <examples)" -ge 2 ]
  bash -euo pipefail examples >out
done
