# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
command -v script >/dev/null || { echo 'script is not installed'; exit 77; }
for tool in $(tools); do
  expect 2 script -qec "$tool" /dev/null
  tr -d '\r' <out >text
  [ "$(wc -l <text)" -eq 2 ] || wrong "$tool without arguments says more or less than two lines"
  grep -q "^usage: $tool " text || wrong "$tool without arguments shows no usage"
done
