# SPDX-License-Identifier: Apache-2.0
# Every command of the README's chapter, with what the chapters before it made.
{ command -v minisign && command -v age; } >/dev/null || { echo "minisign or age is not installed"; exit 77; }
cp "$MX_GOLDEN/v1-tensors.mx" model.mx
mx-pack keygen --no-passphrase -o team.key >/dev/null
mx-pack sign model.mx --key-file team.key
mx-pack keygen --age -o me.identity >/dev/null
mx-pack encrypt model.mx --recipient "$(sed -n 's/# public key: //p' me.identity)" -o model.mx.age
cp model.mx before.mx
sed -n '/^## Check it without us/,/^## Where/s/^    //p' "$MX_SOURCE/README.md" >commands
wc -l <commands
while read -r command; do
  bash -euo pipefail -c "$command" >out || { echo "exit $?: $command"; cat out; }
done <commands
cmp model.mx before.mx
