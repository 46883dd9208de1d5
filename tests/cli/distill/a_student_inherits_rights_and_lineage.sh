# SPDX-License-Identifier: Apache-2.0
mx-distill "$FIXTURES/teacher.mx" --student auto:10% --data "$MX_TEST_DATA/digits.csv" --steps 5 --seed 1 --license CC-BY-4.0 -q \
  -o small.mx >/dev/null
mx-pack info small.mx | grep '^licence'
mx-pack lineage --json small.mx >lineage.json
grep -o '"operation":"[a-z]*"' lineage.json
grep -o '"role":"teacher"' lineage.json
