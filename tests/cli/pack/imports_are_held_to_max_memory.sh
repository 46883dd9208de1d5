# SPDX-License-Identifier: Apache-2.0
# What a pipe brings and what is made of it: refused by name, also where there is less memory than was said.
array() { # FORTRAN_ORDER: a .npy of 64 MiB of zeros
  printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "{'descr': '|u1', 'fortran_order': $1, 'shape': (8192, 8192), }"
  head -c 64M /dev/zero
}
refused() { local status=0; mx-pack import --license CC0-1.0 -q -o m.mx "$@" || status=$?; echo "exit $status"; }
array True >turned.npy
refused turned.npy --max-memory 128MB
refused - --max-memory 50MB < <(array False)
refused - --max-memory 200MB < <(cat turned.npy)
refused - --max-memory 100MB < <(array False)
mx-pack import --license CC0-1.0 -q -o m.mx turned.npy --max-memory 140MB >/dev/null && rm m.mx
(ulimit -v 120000 && mx-pack --version >/dev/null 2>&1) || exit 0  # sanitizers take more from the start
(ulimit -v 120000 && refused turned.npy --max-memory 100GB)
