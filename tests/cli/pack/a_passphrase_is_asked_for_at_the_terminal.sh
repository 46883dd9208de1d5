# SPDX-License-Identifier: Apache-2.0
# `script` gives a terminal; what is typed there is never shown.
command -v script >/dev/null || { echo "script is not installed"; exit 77; }
cp "$MX_GOLDEN/v1-tensors.mx" m.mx
typed() { # COMMAND KEYS...: runs it at a terminal, at which these are typed when it asks
  local command=$1 keys said out in
  shift
  coproc TERMINAL { exec script -qec "$command" /dev/null; }
  exec {out}<&"${TERMINAL[0]}" {in}>&"${TERMINAL[1]}"
  {
    for keys in "$@"; do
      IFS= read -r -d : -u "$out" said
      printf '%s:' "$said"
      # shellcheck disable=SC2059
      printf "$keys" >&"$in"
    done
    cat <&"$out"
  } | tr -d '\r' | sed 's/key [0-9A-F]\{16\}/key KEY/'
  exec {out}<&- {in}>&-
  wait
}
typed 'mx-pack keygen -o a.key' 'some words\n' 'some words\n'
typed 'mx-pack sign m.mx --key-file a.key' 'some words\n'
mx-pack verify m.mx --pubkey a.key.pub >/dev/null
typed 'mx-pack sign m.mx --key-file a.key -f' 'wrong\b\b\b\b\bsome words\n'
typed 'mx-pack sign m.mx --key-file a.key -f; echo "exit $?"' 'other words\n'
typed 'mx-pack keygen -o b.key; echo "exit $?"' 'one\n' 'two\n'
typed 'mx-pack keygen -o b.key; echo "exit $?"; stty -a | grep -o " echo "' '\003'
typed 'mx-pack keygen -o b.key; echo "exit $?"' '\n'
typed 'mx-pack encrypt m.mx -o m.age' 'some words\n' 'some words\n'
typed 'mx-pack decrypt m.age -o opened.mx' 'some words\n' && cmp m.mx opened.mx
typed 'mx-pack decrypt m.age -o no.mx; echo "exit $?"' 'other words\n'
setsid -w mx-pack encrypt m.mx -o no.age </dev/null 2>&1 || echo "exit $?"
setsid -w mx-pack keygen -o b.key </dev/null 2>&1 || echo "exit $?"
ls
