# SPDX-License-Identifier: Apache-2.0
cp "$MX_GOLDEN/v1-tensors.mx" m.mx
mx-pack keygen --no-passphrase -o k.key >/dev/null
ln -s elsewhere m.mx.minisig
mx-pack sign m.mx --key-file k.key 2>&1 || echo "exit $?"
mx-pack sign m.mx --key-file k.key -f 2>&1 || echo "exit $?"
ln -s elsewhere new.key.pub
mx-pack keygen --no-passphrase -o new.key 2>&1 || echo "exit $?"
rm new.key.pub && ln -s elsewhere new.key
mx-pack keygen --no-passphrase -o new.key 2>&1 || echo "exit $?"
# A link that was named is kept, and what it names is written.
ln -s there.mx named.mx && mx-pack m.mx -o named.mx -q && [ -L named.mx ] && cmp m.mx there.mx >/dev/null || true
ls
