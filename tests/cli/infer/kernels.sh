# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo 'mx-train is not built'; exit 77; }
# Whatever instruction set computes, the same classes come out.
mx-infer --output text "$FIXTURES/digits.mx" "$MX_TEST_DATA/digits.csv" >expected
for kernels in avx2 portable; do
  MX_KERNELS=$kernels mx-infer --output text "$FIXTURES/digits.mx" "$MX_TEST_DATA/digits.csv" | cmp - expected
done
