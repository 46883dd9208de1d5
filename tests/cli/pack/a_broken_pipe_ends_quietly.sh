# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack list "$FIXTURES/digits.mx" | head -n 1
{ mx-pack "$FIXTURES/digits.mx" -o - 2>err || echo "exit $?" >status; } | head -c 0
cat status
grep -v 'raw;' err || true
