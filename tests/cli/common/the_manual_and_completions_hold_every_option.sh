# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
# holds NAME PATTERN FILE: insists that every word of the file "flags" is what PATTERN finds in FILE.
holds() {
  { grep -oP -- "$2" "$3" || true; } | sort -u >found
  comm -23 flags found >missing
  [ ! -s missing ] || wrong "not in the $1 of $tool: $(paste -sd ' ' missing)"
}
commands >all
for tool in $(tools); do
  grep -w "^$tool" all | while read -r command; do
    # shellcheck disable=SC2086
    $command --help
  done | sed -nE 's/^  (-[a-z], |    )--(\[no-\])?([a-z0-9-]+).*/\3/p' | sort -u >flags
  [ "$(wc -l <flags)" -ge 8 ] || wrong "the options of $tool were not found"
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
  sed 's/\\-/-/g' "$tool.1" >page
  holds manual '^\.B (-., )?--(\[no-\])?\K[a-z0-9-]+' page
  holds 'bash completion' "[ ']--\K[a-z0-9-]+" "$tool.bash"
  holds 'zsh completion' '\*--\K[a-z0-9-]+(?=\[)' "_$tool"
  holds 'fish completion' ' -l \K[a-z0-9-]+' "$tool.fish"
done
