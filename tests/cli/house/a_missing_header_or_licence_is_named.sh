# SPDX-License-Identifier: Apache-2.0
mkdir -p lib/base
printf '%s\n' '#include "base/gone.h"' >lib/base/a.h
"$MX_SOURCE/scripts/check_layout.sh" .
