# SPDX-License-Identifier: Apache-2.0
mx-train --data "$MX_TEST_DATA/digits.csv" --hidden 512,256 --epochs 2 --dry-run -q -o out.mx
[ -z "$(ls -A)" ]
