# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/common/tools.bash"
while read -r tool verb; do
  [ -n "$verb" ] || continue
  # Its first two letters change places.
  mistyped=${verb:1:1}${verb:0:1}${verb:2}
  expect 2 "$tool" "$mistyped"
  grep -q "error: '$mistyped' is neither a verb nor a file" err || wrong "$tool $mistyped"
  grep -q "hint: did you mean " err || wrong "$tool $mistyped has no hint"
  expect 2 "$tool" --progress never "$verb"
  grep -q "hint: verbs come first: $tool $verb" err || wrong "$tool: a verb behind an option"
done < <(commands)
