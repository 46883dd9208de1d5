# SPDX-License-Identifier: Apache-2.0
# Names alone: an address of ldd's may hold "c10" too.
ldd "$(command -v mx-infer)" | awk '{ print $1 }' >libraries
if grep -E '^lib(torch|c10|cuda)' libraries; then exit 1; fi
grep -q '^libc\.' libraries
