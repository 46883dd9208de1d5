# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
[ -w /dev/full ] || { echo "there is no /dev/full"; exit 77; }
status=0; mx-pack "$FIXTURES/digits.mx" -o - >/dev/full 2>err || status=$?
echo "exit $status"; grep error err
status=0; mx-pack "$FIXTURES/digits.mx" -o /dev/full >/dev/null 2>err || status=$?
echo "exit $status"; grep error err
status=0; mx-pack info "$FIXTURES/digits.mx" >/dev/full 2>err || status=$?
echo "exit $status"; grep error err
