# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
[ -e "$FIXTURES/model.mx" ] || { echo 'mx-pack is not built'; exit 77; }
cp "$FIXTURES/model.mx" in.mx
cp in.mx kept.mx
# Refused before any work: the input does not even exist.
expect 2 mx-pack nothing.mx -o kept.mx
lines err 'mx-pack: error: kept.mx exists' 'mx-pack: hint: -f replaces it; or choose another name'
cmp in.mx kept.mx
expect 0 mx-pack in.mx -f -o kept.mx
expect 0 mx-pack check kept.mx
# An input is never the output, by no name and not with force.
ln in.mx hard.mx
ln -s in.mx soft.mx
for name in in.mx ./in.mx hard.mx soft.mx; do
  expect 2 mx-pack in.mx -f -o $name
  grep -q 'is an input and the output' err || wrong "-o $name"
done
cp in.mx again.mx
cmp in.mx again.mx
# A link is followed and kept.
ln -s target.mx link.mx
expect 0 mx-pack in.mx -o link.mx
if [ ! -L link.mx ] || [ ! -f target.mx ]; then wrong 'a symbolic link was replaced'; fi
# Devices and standard output.
expect 0 mx-pack in.mx -o /dev/null
expect 0 mx-pack in.mx -o -
cp out out.mx
expect 0 mx-pack check out.mx
mx-pack in.mx -q -o - | mx-pack - -o piped.mx >out 2>err
expect 0 mx-pack check piped.mx
mkfifo fifo
cat fifo >from_fifo.mx &
expect 0 mx-pack in.mx -o fifo
wait
cmp from_fifo.mx kept.mx
# Failing ones: code 4, path and reason in the message, nothing left.
expect 4 mx-pack in.mx -o /dev/full
lines err 'mx-pack: error: cannot write /dev/full: No space left on device'
expect 4 mx-pack in.mx -o missing/out.mx
grep -q 'missing' err || wrong 'the missing folder is not named'
expect 2 mx-pack in.mx -o .
status=0
mx-pack in.mx -q -o - >/dev/full 2>err || status=$?
[ $status -eq 4 ] || wrong "exit code $status, not 4, when standard output is full"
lines err 'mx-pack: error: cannot write standard output: No space left on device'
expect 2 mx-pack in.mx -o - --json
# Temporary files: this one was left by a run that is gone, that one is another file.
touch .new.mx.mx-99-abcdef.tmp .other.mx.mx-99-abcdef.tmp
expect 0 mx-pack in.mx -o new.mx
[ ! -e .new.mx.mx-99-abcdef.tmp ] || wrong 'a stale temporary file was left'
[ -e .other.mx.mx-99-abcdef.tmp ] || wrong 'a file of another output was removed'
rm .other.mx.mx-99-abcdef.tmp
[ -z "$(find . -name '*.tmp')" ] || wrong 'a temporary file was left'
# Permissions are those of any new file.
(umask 027 && expect 0 mx-pack in.mx -o private.mx)
[ "$(stat -c %a private.mx)" = 640 ] || wrong 'the permissions are not what the umask says'
