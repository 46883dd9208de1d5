# SPDX-License-Identifier: Apache-2.0
mkdir -p lib/io lib/net
printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' 'namespace mx {' 'struct Part {' '};' '}' >lib/io/a.h
printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' 'namespace mx {' 'enum class Part : int { one };' '}' >lib/net/b.h
printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' 'namespace mx::net {' 'class Part final {' '};' 'class Part;' '}' >lib/net/c.h
"$MX_SOURCE/scripts/check_layout.sh" .
