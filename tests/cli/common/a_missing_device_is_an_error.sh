# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
[ -x "$MX_BIN/mx-train" ] || { echo 'mx-train is not built'; exit 77; }
train=(mx-train --seed 1 --threads 1 --data "$MX_TEST_DATA/digits.csv" --hidden 4 --epochs 1)
for device in cuda:99 gpu cuda: cuda:x; do
  expect 2 "${train[@]}" -o out.mx --device $device
  [ "$(wc -l <err)" -eq 2 ] || wrong "--device $device"
done
expect 0 "${train[@]}" -o cpu.mx --device cpu
expect 0 "${train[@]}" -o auto.mx --device auto
if grep -q 'no CUDA device' err; then
  cmp cpu.mx auto.mx
  expect 2 "${train[@]}" -o out.mx --device cuda
fi
[ ! -e out.mx ] || wrong 'something was written'
