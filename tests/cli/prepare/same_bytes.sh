# SPDX-License-Identifier: Apache-2.0
[ -x "$MX_BIN/mx-train" ] || { echo "mx-train is not built"; exit 77; }
# Same input, options and seed: the same bytes, whatever the threads.
prepare() { mx-train prepare "$FIXTURES/lines.txt" --documents line --vocab 300 --valid-fraction 0.2 -q "$@" >/dev/null; }
prepare --seed 1 --threads 1 -o a.mx
prepare --seed 1 --threads 3 -o b.mx
prepare --seed 2 -o c.mx
cmp a.mx b.mx
! cmp -s a.mx c.mx
[ "$(find . -name '.*.tmp' | wc -l)" -eq 0 ]
[ ! -x "$MX_BIN/mx-pack" ] || mx-pack check a.mx
