# SPDX-License-Identifier: Apache-2.0
mkdir -p lib/net
for pair in 'a b' 'b c' 'c a'; do
  printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' "#include \"net/${pair#* }.h\"" >"lib/net/${pair% *}.h"
done
"$MX_SOURCE/scripts/check_layout.sh" .
