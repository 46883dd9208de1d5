# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo 'mx-train is not built'; exit 77; }
mx-infer bench "$FIXTURES/digits.mx" --seconds 0.05 --json
mx-infer bench "$FIXTURES/digits.mx" --seconds 0.05 --threads 1
mx-infer bench "$FIXTURES/lm.mx" --seconds 0.05 --json
mx-infer bench "$FIXTURES/lm.mx" --seconds 0.05
mx-infer bench "$FIXTURES/lm.mx" --batch 8 || [ $? -eq 2 ]
