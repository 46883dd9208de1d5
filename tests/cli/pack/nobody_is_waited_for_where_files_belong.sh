# SPDX-License-Identifier: Apache-2.0
# timeout: 20
# A folder from somewhere may hold FIFOs: each of these would wait for a writer.
mkfifo pipe
cp "$MX_GOLDEN/v1-tensors.mx" m.mx
mx-pack keygen --no-passphrase -o k.key >/dev/null && mx-pack sign m.mx --key-file k.key
try() { mx-pack "$@" 2>&1 || echo "exit $?"; }
try verify m.mx --pubkey pipe
try verify m.mx --pubkey k.key.pub --signature pipe
cp m.mx n.mx && mkfifo n.mx.minisig
try verify n.mx --pubkey k.key.pub
try list n.mx --require-signed k.key.pub
try doctor n.mx | grep signature
try list m.mx --policy pipe
try list m.mx --config pipe
cp -r "$MX_GOLDEN/oms" .
try verify pipe --oms oms/prime256v1.sig --key oms/prime256v1.pem
try verify oms/model --oms pipe --key oms/prime256v1.pem
rm oms/model/a.txt && mkfifo oms/model/a.txt
try verify oms/model --oms oms/prime256v1.sig --key oms/prime256v1.pem
# What the shell hands over is read.
try verify m.mx --pubkey <(cat k.key.pub) --signature <(cat m.mx.minisig) | grep -c 'signed by'
