# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/common/tools.bash"
while read -r command; do
  tool=${command%% *}
  # shellcheck disable=SC2086
  expect 2 $command --progress nevr
  lines err "$tool: error: --progress: 'nevr' is none of auto, always, never; did you mean never" \
    "$tool: hint: --progress auto,always,never: Show progress; auto: on a terminal (default auto)"
  # shellcheck disable=SC2086
  expect 2 $command --config
  grep -q "error: --config needs a value" err || wrong "$command --config"
done < <(commands)
for value in many 0 1.5 99999999999999999999 ''; do
  expect 2 mx-pack --threads "$value"
  [ "$(wc -l <err)" -eq 2 ] || wrong "mx-pack --threads $value says more or less than two lines"
  grep -q "hint: --threads N: " err || wrong "mx-pack --threads $value"
done
