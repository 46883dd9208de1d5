# SPDX-License-Identifier: Apache-2.0
# An older file of the same signer in the place of a newer one has a right signature.
cp "$MX_GOLDEN/v1-tensors.mx" release-1.mx
mx-pack keygen --no-passphrase -o k.key >/dev/null
mx-pack sign release-1.mx --key-file k.key
cp release-1.mx release-2.mx && cp release-1.mx.minisig release-2.mx.minisig
{
  mx-pack verify release-1.mx --pubkey k.key.pub
  mx-pack verify release-2.mx --pubkey k.key.pub
  mx-pack list release-2.mx --require-signed k.key.pub | wc -l
  mx-pack doctor release-2.mx --require-signed k.key.pub | grep signature
  # A comment without a name, and a pipe, have nothing to compare.
  mx-pack sign release-2.mx --key-file k.key --comment 'release 2' -f
  mx-pack verify release-2.mx --pubkey k.key.pub
  mx-pack verify - --pubkey k.key.pub --signature release-1.mx.minisig <release-1.mx
} 2>&1 | sed 's/[0-9A-F]\{16\}/KEY/; s/mx:[0-9a-f]*/mx:IDENTITY/'
