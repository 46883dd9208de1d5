# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/common/tools.bash"
while read -r command; do
  # shellcheck disable=SC2086
  expect 2 $command --hlep
  lines err "${command%% *}: error: unknown option --hlep" "${command%% *}: hint: did you mean --help"
  [ ! -s out ] || wrong "$command writes to standard output"
done < <(commands)
