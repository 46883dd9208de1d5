# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/common/tools.bash"
printf 'verbose: true\ncolor: never\n' >a.yaml
printf 'color: always\n' >b.yaml
# Values alone: origins differ.
values() { sed -E 's/ +# [^#]*$//; /^#/d' "$1"; }
while read -r command; do
  # shellcheck disable=SC2086
  {
    expect 0 $command --config a.yaml --config b.yaml --progress never --dump-config
    [ ! -s err ] || wrong "$command --dump-config says something"
    grep -Eq '^verbose: true +# a.yaml:1$' out || wrong "$command: an origin is wrong"
    grep -Eq '^color: always +# b.yaml:1$' out || wrong "$command: the later file does not win"
    grep -Eq '^progress: never +# flag$' out || wrong "$command: a flag's origin is wrong"
    grep -Eq '^quiet: false +# default$' out || wrong "$command: a default's origin is wrong"
    cp out first.yaml
    expect 0 $command --config first.yaml --dump-config
    cp out second.yaml
  }
  diff <(values first.yaml) <(values second.yaml) || wrong "$command: another config came back"
done < <(commands)
