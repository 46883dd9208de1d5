# SPDX-License-Identifier: Apache-2.0
# tests/golden/hostile: records that would write files, run words and read other files. None of them does.
bad=$MX_GOLDEN/hostile
# What a record cannot say is refused before there is a script.
for m in run-key two-keys object tokenizer tokenizer-number license-path student; do
  mx-pack lineage "$bad/$m.mx" --replay-script >script 2>err && { echo "$m: a script"; continue; }
  echo "$m: $(head -n 1 err)"
  [ ! -s script ]
done
# The tools themselves refuse what does not change the result, or names a file; a planted tool shows what they are given.
mkdir bin with
printf '#!/bin/sh\nfor word; do printf "<%%s>\\n" "$word"; done >>"$SEEN"\n' >bin/mx-train
chmod +x bin/mx-train
export SEEN=$PWD/seen
printf a >with/a
for m in words checkpoint override; do
  mx-pack lineage "$bad/$m.mx" --replay-script >$m.sh 2>/dev/null
  bash -n $m.sh
  grep -q -- '--result-config' $m.sh
  ! grep -q -- ' --config' $m.sh
done
replay() { PATH=$PWD/bin:$PATH bash "$@" 2>err || true; grep -v '^step' err | cat -v | sed -E 's/[0-9a-f]{64}/DIGEST/g'; }
# Data of a digest that a file under DIR has, so that the step is reached.
d=0700000000000000000000000000000000000000000000000000000000000000
sed "s/$d/$(sha256sum with/a | cut -d ' ' -f 1)/g" words.sh >reached.sh
replay reached.sh --with with
sed -E '/^<\/tmp|^<.*\.yaml>/d' seen
rm seen
replay override.sh --with with
[ ! -e seen ]
replay override.sh --with with --allow-overrides
grep -a override seen | cat -v
[ "$(find . -name '*planted*')" = '' ]
# Only mx-train knows that a checkpoint changes no result.
if [ -x "$MX_BIN/mx-train" ]; then
  bash checkpoint.sh --with with 2>&1 | grep -q 'checkpoint does not change the result'
fi
# The keys, as a tool takes them.
say() { printf '%s\n' "$1" >said.yaml; mx-pack "$bad/words.mx" --result-config said.yaml "${@:2}" 2>&1 >/dev/null | head -n 1 || true; }
say 'report: planted' -o out.mx
say 'force: true' -o out.mx
say 'output: planted' -o out.mx
say 'license: MIT' -o out.mx
say 'calibrate: [planted]' -o out.mx
say 'config: planted' -o out.mx
say 'policy: planted' -o out.mx
say 'effort: max' --dump-config
printf 'effort: max\n' >said.yaml
printf 'effort: fast\n' >ours.yaml
mx-pack --config ours.yaml --result-config said.yaml --dump-config | grep effort
[ "$(find . -name '*planted*')" = '' ]
