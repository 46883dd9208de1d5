# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
cp "$FIXTURES/digits.mx" m.mx
status=0; mx-pack import m.mx -o n.mx 2>err || status=$?
echo "exit $status"; cat err
printf '\x80\x02}q\x00.' >w.pt
status=0; mx-pack import w.pt -o n.mx 2>err || status=$?
echo "exit $status"; cat err
status=0; mx-pack import missing.npz -o n.mx 2>err || status=$?
echo "exit $status"; cat err
ls -A
