# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
echo mine >m.mx
status=0; mx-pack "$FIXTURES/digits.mx" -o m.mx || status=$?
echo "exit $status"; cat m.mx
mx-pack "$FIXTURES/digits.mx" -f -o m.mx >/dev/null
mx-pack check m.mx
status=0; mx-pack m.mx -f -o m.mx || status=$?
echo "exit $status"
ln -s m.mx link.mx
status=0; mx-pack m.mx -f -o link.mx || status=$?
echo "exit $status"
mx-pack "$FIXTURES/digits.mx" -o /dev/null >/dev/null
