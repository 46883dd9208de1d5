# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mkdir disk
mount -t tmpfs -o size=16k none disk 2>/dev/null || { echo "a small tmpfs cannot be mounted here"; exit 77; }
trap 'umount disk' EXIT
for command in "$FIXTURES/digits.mx -o disk/m.mx" "export $FIXTURES/digits.mx -o disk/m.npz" \
  "export $FIXTURES/digits.mx -o disk/m.safetensors"; do
  head -c 12000 /dev/zero >disk/filler
  status=0
  # shellcheck disable=SC2086 # the words are meant apart
  mx-pack $command >/dev/null 2>err || status=$?
  echo "exit $status: $(sed 's/m\.[a-z]*/FILE/' err)"
  ls -A disk
done
