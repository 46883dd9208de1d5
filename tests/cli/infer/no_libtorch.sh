# SPDX-License-Identifier: Apache-2.0
ldd "$(command -v mx-infer)" >libraries
if grep -E 'torch|c10|cuda' libraries; then exit 1; fi
