# SPDX-License-Identifier: Apache-2.0
# `script` gives a terminal. A signal from elsewhere, and a stop by ^Z, find it as it was.
command -v script >/dev/null || { echo "script is not installed"; exit 77; }
for signal in TERM INT HUP QUIT; do
  coproc TERMINAL { exec script -qec \
    "sh -c 'echo \$\$ >pid; exec mx-pack keygen -o k.key'; echo exit \$?; stty -a | grep -o ' echo '" /dev/null; }
  exec {out}<&"${TERMINAL[0]}" {in}>&"${TERMINAL[1]}"
  {
    IFS= read -r -d : -u "$out" said
    printf '%s:' "$said"
    kill -$signal "$(cat pid)"
    cat <&"$out"
  } | tr -d '\r' | grep -v 'dumped\|^Quit\|^Hangup\|^Terminated' | sed "s/^/$signal: /"
  exec {out}<&- {in}>&-
  wait
done
coproc TERMINAL { exec script -qec \
  "bash -mc 'mx-pack keygen -o k.key; stty -a | grep -o \" echo \"; fg >/dev/null'" /dev/null; }
exec {out}<&"${TERMINAL[0]}" {in}>&"${TERMINAL[1]}"
{
  for keys in 'some\032' 'words\n' 'words\n'; do
    IFS= read -r -d : -u "$out" said
    printf '%s:' "$said"
    # shellcheck disable=SC2059
    printf "$keys" >&"$in"
  done
  cat <&"$out"
} | tr -d '\r' | sed 's/key [0-9A-F]\{16\}/key KEY/'
exec {out}<&- {in}>&-
wait
ls k.key
