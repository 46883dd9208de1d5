# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
# The weights of a copy are broken: info does not look at them, check does.
cp "$FIXTURES/digits.mx" m.mx
size=$(stat -c %s m.mx)
printf 'XXXX' | dd of=m.mx bs=1 seek=$((size / 2)) conv=notrunc 2>dd.log
mx-pack info m.mx >info.txt
mx-pack check m.mx
