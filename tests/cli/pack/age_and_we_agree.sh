# SPDX-License-Identifier: Apache-2.0
command -v age >/dev/null || { echo "age is not installed"; exit 77; }
cp "$MX_GOLDEN/v1-tensors.mx" m.mx
umask 077
mx-pack keygen --age -o ours.id >said
age-keygen -o theirs.id 2>/dev/null
ours=$(sed -n 's/# public key: //p' ours.id) theirs=$(sed -n 's/# public key: //p' theirs.id)
sed "s/$ours/OURS/" said
[ "$(age-keygen -y ours.id)" = "$ours" ]
# Sealed by us, opened by age; sealed by age, opened by us; to recipients whose keys either made.
mx-pack encrypt m.mx --recipient "$theirs" --recipient "$ours" -o a.age
for identity in ours.id theirs.id; do
  age -d -i "$identity" a.age | cmp - m.mx
  mx-pack decrypt a.age --identity "$identity" -o - | cmp - m.mx
done
age -r "$ours" -r "$theirs" -o b.age m.mx
for identity in ours.id theirs.id; do
  mx-pack decrypt b.age --identity "$identity" -o - | cmp - m.mx
  mx-pack decrypt - --identity "$identity" -o - <b.age | cmp - m.mx
done
# More than one part, none at all, and a whole number of parts.
for size in 0 65536 131072 300000; do
  head -c "$size" /dev/urandom >bytes
  mx-pack encrypt bytes --recipient "$theirs" -f -o c.age && age -d -i theirs.id c.age | cmp - bytes
  age -r "$ours" bytes | mx-pack decrypt - --identity ours.id -o - | cmp - bytes
done
# Every verb reads it where it lies.
for verb in info list check "lineage --json"; do
  # shellcheck disable=SC2086
  mx-pack $verb m.mx >plain 2>&1
  # shellcheck disable=SC2086
  mx-pack $verb a.age --identity ours.id >opened 2>&1
  cmp plain opened
  # shellcheck disable=SC2086
  mx-pack $verb - --identity ours.id <b.age >opened 2>&1
  cmp plain opened
done
mx-pack diff m.mx b.age --identity theirs.id
mx-pack sign a.age --key-file <(mx-pack keygen --no-passphrase -o k.key >/dev/null && cat k.key)
mx-pack check a.age --identity ours.id --require-signed k.key.pub
echo 'a passphrase' >words
mx-pack encrypt m.mx --passphrase-file words -o p.age
mx-pack decrypt p.age --passphrase-file words -o - | cmp - m.mx
mx-pack info p.age --passphrase-file words | head -n 1
{
  mx-pack info a.age || echo "no key: $?"
  age-keygen -o third.id 2>/dev/null
  mx-pack info a.age --identity third.id || echo "wrong key: $?"
  mx-pack info a.age --passphrase-file words || echo "wrong kind: $?"
  echo 'another' >others
  mx-pack info p.age --passphrase-file others || echo "wrong passphrase: $?"
  mx-pack check b.age --identity ours.id --require-signed k.key.pub || echo "unsigned: $?"
  head -c 500 a.age >cut.age
  mx-pack info cut.age --identity ours.id || echo "cut: $?"
  mx-pack decrypt cut.age --identity ours.id -o cut.mx || echo "cut: $?"
  mx-pack decrypt m.mx --identity ours.id -o plain.mx || echo "plain: $?"
  mx-pack encrypt m.mx --recipient age1abc -o x.age || echo "recipient: $?"
  setsid -w mx-pack encrypt m.mx -o x.age || echo "nobody: $?"
  chmod 644 ours.id
  mx-pack info a.age --identity ours.id || echo "readable: $?"
} 2>&1
ls *.mx
chmod 600 ours.id
# In text armor, from a file and through a pipe; cut or changed it is refused.
age -a -r "$ours" m.mx >text.age
mx-pack decrypt text.age --identity ours.id -o - | cmp - m.mx
mx-pack info - --identity ours.id <text.age | head -n 2 | cut -c 1-20
mx-pack check text.age --identity ours.id
age -a -r "$ours" </dev/null | mx-pack decrypt - --identity ours.id -o - | wc -c
mx-pack info text.age 2>&1 || echo "no key: $?"
head -n -1 text.age >cut.age; mx-pack info cut.age --identity ours.id 2>&1 || echo "cut: $?"
sed '5s/^.../!!!/' text.age >bad.age; mx-pack info bad.age --identity ours.id 2>&1 || echo "no base64: $?"
sed '6s/^\(.\)\(.\)/\2\1/' text.age >bad.age; mx-pack info bad.age --identity ours.id 2>&1 || echo "swapped: $?"
{ cat text.age; echo more; } >bad.age; mx-pack info bad.age --identity ours.id 2>&1 || echo "more behind it: $?"
