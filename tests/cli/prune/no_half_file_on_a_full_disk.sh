# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mkdir disk
mount -t tmpfs -o size=16k none disk 2>/dev/null || { echo "a small tmpfs cannot be mounted here"; exit 77; }
trap 'umount disk' EXIT
head -c 12000 /dev/zero >disk/filler
mx-prune "$FIXTURES/digits.mx" --sparsity 0.1 --seed 1 -q -o disk/p.mx 2>err || echo "exit $?"
cat err
ls -A disk
