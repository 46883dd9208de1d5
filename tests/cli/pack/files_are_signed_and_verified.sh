# SPDX-License-Identifier: Apache-2.0
cp "$MX_GOLDEN/v1-tensors.mx" m.mx
same_key() { sed "s/$id/KEY/g; s/mx:[0-9a-f]*/mx:IDENTITY/"; }
mx-pack keygen --no-passphrase -o k.key >said
id=$(sed -n 's/.*(key \(.*\))/\1/p' said)
same_key <said
stat -c %a k.key k.key.pub
{
  mx-pack verify m.mx --pubkey k.key.pub || echo "unsigned: $?"
  mx-pack sign m.mx --key-file k.key
  mx-pack verify m.mx --pubkey k.key.pub
  mx-pack sign m.mx --key-file k.key || echo "again: $?"
  mx-pack sign m.mx --key-file k.key --comment 'release 3' -f
  mx-pack verify m.mx --pubkey k.key.pub
  mx-pack info m.mx | grep signed
  mx-pack info m.mx --require-signed k.key.pub | grep -o ', verified'
  mx-pack info m.mx --require-signed k.key.pub --json | jq -c '[.signed, .signature]'
  mx-pack info m.mx --json | jq -c '[.signed, .signature, (.signers | length)]'
  # A second signer's lies beside the first one's, and both may be asked for.
  mx-pack keygen --no-passphrase -o other.key >/dev/null
  mx-pack verify m.mx --pubkey other.key.pub 2>&1 | sed 's/by [0-9A-F]*$/by OTHER/' || true
  mx-pack sign m.mx --key-file other.key
  mx-pack verify m.mx --pubkey k.key.pub --pubkey other.key.pub --json | jq -c '[.ok, (.signers | length)]'
  # A comment is signed too.
  sed 's/release 3/release 4/' m.mx.minisig >edited.minisig
  mx-pack verify m.mx --pubkey k.key.pub --signature edited.minisig || echo "comment: $?"
  { head -c 100 m.mx; printf '\377'; tail -c +102 m.mx; } >flipped.mx
  mx-pack verify flipped.mx --pubkey k.key.pub --signature m.mx.minisig || echo "flipped: $?"
  mx-pack verify m.mx --pubkey k.key || echo "no public key: $?"
  mx-pack verify m.mx --pubkey k.key.pub --signature k.key.pub || echo "no signature: $?"
  mx-pack verify m.mx || echo "no key: $?"
  mx-pack sign m.mx --key-file k.key.pub -f || echo "public: $?"
  # Keys stay secret, and stay.
  mx-pack keygen --no-passphrase -o k.key || echo "exists: $?"
  setsid -w mx-pack keygen -o new.key || echo "bare: $?"
  chmod 640 k.key
  mx-pack sign m.mx --key-file k.key -f || echo "readable: $?"
  # Any file can be signed, and a pipe verified.
  chmod 600 k.key
  mx-pack keygen --no-passphrase -o - || echo "nowhere: $?"
  mx-pack sign - --key-file k.key <said || echo "nameless: $?"
  mx-pack sign - --key-file k.key -o piped.minisig <m.mx && mx-pack verify m.mx --pubkey k.key.pub --signature piped.minisig
  mx-pack sign said --key-file k.key
  mx-pack verify - --pubkey k.key.pub --signature said.minisig <said
  mx-pack verify - --pubkey k.key.pub <said || echo "pipe: $?"
} 2>&1 | same_key
ls new.key* 2>/dev/null || true
