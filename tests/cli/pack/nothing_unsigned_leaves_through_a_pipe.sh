# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2002 # a pipe is wanted
# Whole models, but not what was signed: not a byte of them may come out before that is known.
cp "$MX_GOLDEN/v1-tensors.mx" good.mx && cp "$MX_GOLDEN/v2-groups.mx" bad.mx
mx-pack keygen --no-passphrase -o k.key >/dev/null
to=$(mx-pack keygen --age -o id | grep -o 'age1.*')
for model in good bad; do mx-pack encrypt $model.mx --recipient "$to" -o $model.age >/dev/null; done
for file in good.mx good.age; do mx-pack sign $file --key-file k.key; done
only=(--require-signed k.key.pub --signature)
each() { # MODEL
  local code command
  for command in "export - --to safetensors -o -|$1.mx|good.mx" "- -o -|$1.mx|good.mx" \
    "list -|$1.mx|good.mx" "decrypt - --identity id -o -|$1.age|good.age" "export - --identity id --to safetensors -o -|$1.age|good.age"; do
    IFS='|' read -r words from by <<<"$command"
    code=0
    # shellcheck disable=SC2086
    cat "$from" | mx-pack $words "${only[@]}" "$by.minisig" >out 2>said || code=$?
    echo "$1: $words: exit $code, $([ -s out ] && echo something || echo nothing) comes out"
    sed -n 's/^mx-pack: error: //p' said | sed 's/[0-9A-F]\{16\}/KEY/'
  done
}
each good
each bad
# By name, too.
mkfifo pipe
cat bad.mx >pipe & mx-pack export pipe --to safetensors -o - "${only[@]}" good.mx.minisig 2>/dev/null | wc -c
wait
cat bad.mx | mx-pack doctor - "${only[@]}" good.mx.minisig 2>&1 | grep signature | sed 's/[0-9A-F]\{16\}/KEY/'
cat good.mx | mx-pack doctor - "${only[@]}" good.mx.minisig 2>&1 | grep signature | sed 's/[0-9A-F]\{16\}/KEY/'
# What is long lies in a file without a name, as it came; one that is endless is refused.
head -c 40000000 /dev/zero >long && mx-pack encrypt long --recipient "$to" -o long.age >/dev/null && mx-pack sign long.age --key-file k.key
mkdir scratch
cat long.age | TMPDIR=scratch mx-pack decrypt - --identity id "${only[@]}" long.age.minisig -o - | cmp - long && ls -A scratch
yes | mx-pack decrypt - --identity id "${only[@]}" long.age.minisig --max-memory 36MiB -o - 2>&1 || echo "exit $?"
cat long.age | TMPDIR=none mx-pack decrypt - --identity id "${only[@]}" long.age.minisig -o - 2>&1 || echo "exit $?"
cat long.age | (trap '' XFSZ; ulimit -f 16; TMPDIR=scratch exec mx-pack decrypt - --identity id "${only[@]}" long.age.minisig -o - 2>&1) || echo "exit $?"
ls -A scratch
