# SPDX-License-Identifier: Apache-2.0
cp "$MX_GOLDEN/v1-tensors.mx" m.mx
(umask 077 && echo 'some words' >words)
mx-pack encrypt m.mx --passphrase-file words -o m.age >/dev/null
mx-pack decrypt m.age --passphrase-file words --max-memory 100MiB -o no.mx 2>&1 || echo "exit $?"
mx-pack check m.age --passphrase-file words --max-memory 100MiB 2>&1 || echo "exit $?"
mx-pack decrypt m.age --passphrase-file words --max-memory 300MiB -o m2.mx && cmp m.mx m2.mx
sed '1,/^-> scrypt/s/ 18$/ 20/' m.age >more.age
mx-pack decrypt more.age --passphrase-file words --max-memory 1000MiB -o no.mx 2>&1 || echo "exit $?"
