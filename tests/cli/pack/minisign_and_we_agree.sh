# SPDX-License-Identifier: Apache-2.0
command -v minisign >/dev/null || { echo "minisign is not installed"; exit 77; }
cp "$MX_GOLDEN/v1-tensors.mx" m.mx
mx-pack keygen --no-passphrase -o ours.key >/dev/null
minisign -G -W -p theirs.pub -s theirs.key >/dev/null 2>&1
# What we sign, with keys of either, it verifies.
mx-pack sign m.mx --key-file ours.key
minisign -Vm m.mx -p ours.key.pub | head -n 1
mx-pack sign m.mx --key-file theirs.key -o by-theirs.minisig
minisign -Vm m.mx -p theirs.pub -x by-theirs.minisig | head -n 1
# What it signs, with keys of either, we verify.
minisign -Sm m.mx -s theirs.key -x theirs.minisig -t 'a comment' >/dev/null
mx-pack verify m.mx --pubkey theirs.pub --signature theirs.minisig | sed 's/by [0-9A-F]*/by THEIRS/'
minisign -Sm m.mx -s ours.key -x by-ours.minisig -t 'our key' >/dev/null
mx-pack verify m.mx --pubkey ours.key.pub --signature by-ours.minisig | sed 's/by [0-9A-F]*/by OURS/'
# Under a passphrase, either way.
umask 077
echo 'open, please' >words
mx-pack keygen --passphrase-file words -o closed.key >/dev/null
minisign -Sm m.mx -s closed.key -x closed.minisig <words >/dev/null 2>&1
mx-pack verify m.mx --pubkey closed.key.pub --signature closed.minisig | cut -d ' ' -f 1
cat words words | minisign -G -p locked.pub -s locked.key >/dev/null 2>&1
mx-pack sign m.mx --key-file locked.key --passphrase-file words -o locked.minisig
minisign -Vm m.mx -p locked.pub -x locked.minisig | head -n 1
echo 'wrong' >wrong
{
  mx-pack sign m.mx --key-file locked.key --passphrase-file wrong -f || echo "wrong: $?"
  mx-pack sign m.mx --key-file locked.key -f || echo "none: $?"
  # The older kind of signature is named.
  minisign -l -Sm m.mx -s theirs.key -x legacy.minisig >/dev/null
  mx-pack verify m.mx --pubkey theirs.pub --signature legacy.minisig || echo "legacy: $?"
} 2>&1
