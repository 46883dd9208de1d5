# SPDX-License-Identifier: Apache-2.0
mkdir -p lib/cli lib/learn tools
printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' | tee lib/cli/run.h >lib/learn/a.h
printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' '#include "cli/run.h"' | tee tools/mx_pack.cpp >lib/learn/a.h
"$MX_SOURCE/scripts/check_layout.sh" .
