# SPDX-License-Identifier: Apache-2.0
mkdir -p lib/io lib/net
printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' '#include "net/b.h"' >lib/io/a.h
printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' >lib/net/b.h
"$MX_SOURCE/scripts/check_layout.sh" .
