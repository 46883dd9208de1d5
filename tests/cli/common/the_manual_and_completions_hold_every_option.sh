# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
for tool in $(tools); do
  "$tool" --generate-man >"$tool.1"
  "$tool" --generate-completion bash >"$tool.bash"
  "$tool" --generate-completion zsh >"_$tool"
  "$tool" --generate-completion fish >"$tool.fish"
  if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww -z "$tool.1" >out 2>&1
    [ ! -s out ] || wrong "the manual of $tool is not sound"
  fi
  bash -n "$tool.bash"
  if command -v zsh >/dev/null; then zsh -n "_$tool"; fi
  if command -v fish >/dev/null; then HOME=$PWD fish -n "$tool.fish"; fi
  while read -r flag; do
    grep -q -- "${flag//-/\\\\-}\b" "$tool.1" || wrong "$flag is not in the manual of $tool"
    grep -q -- "[ ']--$flag\b" "$tool.bash" || wrong "--$flag is not in the bash completion of $tool"
    grep -q -- "--$flag\b" "_$tool" || wrong "--$flag is not in the zsh completion of $tool"
    grep -q -- " -l $flag\b" "$tool.fish" || wrong "--$flag is not in the fish completion of $tool"
  done < <(commands | grep -w "$tool" | while read -r command; do
    # shellcheck disable=SC2086
    $command --help
  done | grep -oE '^ +(-[a-z], )?--[a-z0-9-]+' | sed 's/.*--//' | sort -u)
done
