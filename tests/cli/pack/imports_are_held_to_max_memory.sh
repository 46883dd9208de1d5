# SPDX-License-Identifier: Apache-2.0
# Half a megabyte that is 512 MB of zeros: refused by name, also where there is less memory than was said.
array() { # FORTRAN_ORDER: the head of a .npy of [16384, 32768] bytes, 128 of its own
  printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "{'descr': '|u1', 'fortran_order': $1, 'shape': (16384, 32768), }"
}
refused() { local status=0; mx-pack import "$@" --license CC0-1.0 -o m.mx || status=$?; echo "exit $status"; }
zeros=$(mktemp -p .); head -c 512M /dev/zero | gzip -1 >"$zeros"
for order in False True; do { array $order | gzip; cat "$zeros"; } >$order.npy.gz; done
refused False.npy.gz --max-memory 100MB
refused True.npy.gz --max-memory 1100MB
refused - --max-memory 1MB <"$zeros"
mx-pack import --help | grep -A1 -e --max-memory
[ ! -e m.mx ]
