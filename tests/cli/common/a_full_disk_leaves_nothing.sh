# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
[ -e "$FIXTURES/model.mx" ] || { echo 'mx-pack is not built'; exit 77; }
mkdir disk
# In a namespace of its own, so that the mount ends with the case.
unshare -m mount -t tmpfs -o size=4k none disk 2>/dev/null || { echo 'tmpfs cannot be mounted here'; exit 77; }
cat >on_a_full_disk <<'END'
source "$MX_SOURCE/tests/cli/common/tools.bash"
mount -t tmpfs -o size=64k none disk
cat /dev/zero >disk/filler 2>/dev/null || true
on_full_disk() {
  expect 4 "$@" -o disk/made
  grep -qx "${1}: error: cannot write disk/made: No space left on device" err || wrong "$*"
  [ "$(ls -A disk)" = filler ] || wrong "something was left: $(ls -A disk)"
}
on_full_disk mx-pack "$FIXTURES/model.mx"
on_full_disk mx-pack export "$FIXTURES/model.mx" --to safetensors
on_full_disk mx-pack extract "$FIXTURES/model.mx" --tensor head.weight
if [ -e "$FIXTURES/digits.mx" ]; then
  on_full_disk mx-prune "$FIXTURES/digits.mx" --sparsity 0.5
  on_full_disk mx-infer "$FIXTURES/digits.mx" "$FIXTURES/digits.csv"
  # A training has its checkpoint on the same disk.
  expect 4 mx-train -q --data "$FIXTURES/digits.csv" --hidden 4 --epochs 1 -o disk/made
  grep -q 'error: cannot write disk/made.*: No space left on device' err || wrong mx-train
  [ "$(ls -A disk)" = filler ] || wrong "mx-train left something: $(ls -A disk)"
fi
END
unshare -m bash -eu on_a_full_disk
