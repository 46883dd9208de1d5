# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the cases of this area share: they hold for every tool and every verb that is built.

# tools: the tools that are there.
tools() {
  local name
  for name in mx-train mx-distill mx-prune mx-pack mx-infer; do
    if [ -x "$MX_BIN/$name" ]; then echo "$name"; fi
  done
}

# commands: "mx-pack", "mx-pack info", ...: one line each; setup_once.sh asks the tools once for all cases.
commands() {
  [ ! -e "${FIXTURES:-}/commands" ] || { cat "$FIXTURES/commands"; return; }
  local tool
  for tool in $(tools); do
    echo "$tool"
    "$tool" --help | sed -n "/^Verbs/,/^\$/s/^  \([a-z][a-z-]*\)\( .*\|\$\)/$tool \1/p"
  done
}

# expect CODE COMMAND...: runs it, keeps its streams in the files out and err, and insists on its exit code.
expect() {
  local wanted=$1 status=0
  shift
  "$@" >out 2>err </dev/null || status=$?
  [ "$status" -eq "$wanted" ] || wrong "exit code $status, not $wanted: $*"
}

# wrong WHAT: ends the case, showing what the last command said.
wrong() {
  echo "$1"
  head -n 20 out err 2>/dev/null
  exit 1
}

# lines FILE LINE...: insists that the file is these lines.
lines() {
  local file=$1
  shift
  printf '%s\n' "$@" | diff -u - "$file" || exit 1
}

[ -n "$(tools)" ] || { echo 'no tool is built'; exit 77; }
