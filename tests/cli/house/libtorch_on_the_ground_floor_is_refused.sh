# SPDX-License-Identifier: Apache-2.0
mkdir -p lib/engine lib/learn
printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' '#include <ATen/ATen.h>' | tee lib/engine/a.h >lib/learn/a.h
"$MX_SOURCE/scripts/check_layout.sh" .
