# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
for threads in 1 2 5; do mx-pack "$FIXTURES/pruned.mx" --quantize int8 --threads $threads -o $threads.mx >/dev/null; done
cmp 1.mx 2.mx
cmp 1.mx 5.mx
