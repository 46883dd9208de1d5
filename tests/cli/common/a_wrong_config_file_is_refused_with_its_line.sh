# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/common/tools.bash"
printf 'quiet: true\nprogres: never\n' >typo.yaml
printf 'quiet: true\nverbose: true\nquiet: false\n' >twice.yaml
printf '# a comment\n\ncolor: [always]\n' >list.yaml
printf 'quiet: perhaps\n' >value.yaml
printf 'quiet: [\n' >broken.yaml
while read -r command; do
  tool=${command%% *}
  # shellcheck disable=SC2086
  {
    expect 2 $command --config typo.yaml
    lines err "$tool: error: typo.yaml:2: unknown key 'progres'" "$tool: hint: did you mean progress"
    expect 2 $command --config twice.yaml
    lines err "$tool: error: twice.yaml:3: the key 'quiet' stands twice"
    expect 2 $command --config list.yaml
    grep -q "error: list.yaml:3: color: one value is needed, not a list" err || wrong "$command"
    expect 2 $command --config value.yaml
    grep -q "error: value.yaml:1: quiet: 'perhaps' is not true or false" err || wrong "$command"
    expect 2 $command --config broken.yaml
    grep -q 'error: broken.yaml:' err || wrong "$command"
    expect 2 $command --config missing.yaml
    grep -q 'missing.yaml' err || wrong "$command"
  }
done < <(commands)
