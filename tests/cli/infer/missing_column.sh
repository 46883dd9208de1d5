# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
printf 'x,Y\n1,8\n' | mx-infer "$FIXTURES/points.mx"
