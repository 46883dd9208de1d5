# SPDX-License-Identifier: Apache-2.0
mkdir -p lib/base tools
{ echo '// SPDX-License-Identifier: Apache-2.0'; seq 600; } >lib/base/a.cpp
{ echo '// SPDX-License-Identifier: Apache-2.0'; seq 80; } >tools/mx_pack.cpp
"$MX_SOURCE/scripts/check_layout.sh" .
