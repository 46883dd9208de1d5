# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
try() { status=0; mx-pack info "$1" 2>err || status=$?; echo "exit $status: $(cat err)"; }
printf 'PK\x03\x04rest' >a.zip; try a.zip
printf 'GGUF\x03\x00\x00\x00rest' >a.gguf; try a.gguf
printf '\x28\xb5\x2f\xfdrest' >a.zst; try a.zst
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n' >a.lfs; try a.lfs
printf 'age-encryption.org/v1\n' >a.age; try a.age
: >empty; try empty
mkdir folder; try folder
try missing.mx
