# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/points.mx" ] || { echo 'mx-train is not built'; exit 77; }
# Whoever writes one row and waits gets its answer before writing the next.
mkfifo rows answers
mx-infer --output text "$FIXTURES/points.mx" rows >answers &
exec 4<answers 3>rows
echo x,y >&3
for row in 1,8 8,1 2,9; do
  echo "$row" >&3
  read -r -t 20 answer <&4
  echo "$answer"
done
exec 3>&-
wait $!
