# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/common/tools.bash"
while read -r command; do
  # shellcheck disable=SC2086
  expect 0 $command --help
  [ ! -s err ] || wrong "$command --help says something on standard error"
  [[ $(head -n 1 out) == "$command: "* ]] || wrong "$command: the first line is not its purpose"
  grep -q "^Usage: $command" out || wrong "$command: no usage"
  examples=$(sed -n '/^Examples:/,/^$/p' out | grep -c "^  .*${command%% *}") || true
  [ "$examples" -ge 2 ] || wrong "$command has $examples examples"
  # Examples stay whole, so that they can be pasted.
  [ "$(sed '/^Examples:/,/^$/d; /^Usage:/,/^$/d' out | wc -L)" -le 100 ] || wrong "$command: a line is longer than 100"
  ! grep -qiE 'generate-|todo|fixme' out || wrong "$command: help shows what is not for users"
  cp out help
  # shellcheck disable=SC2086
  expect 0 $command -h
  cmp -s out help || wrong "$command: -h is not --help"
done < <(commands)
