# SPDX-License-Identifier: Apache-2.0
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
  # shellcheck disable=SC2086
  if $command --help | grep -q -- '--threads '; then
    for value in many 0 1.5 99999999999999999999 ''; do
      expect 2 $command --threads "$value"
      [ "$(wc -l <err)" -eq 2 ] || wrong "$command --threads $value says more than two lines"
      grep -q "hint: --threads N: " err || wrong "$command --threads $value"
    done
  fi
done < <(commands)
