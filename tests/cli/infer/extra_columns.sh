# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
printf 'id,x,y,note\na,1,8,-\nb,8,1,-\n' | mx-infer --output text "$FIXTURES/points.mx"
