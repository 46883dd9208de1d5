# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the scripts share; sourced, never run. Sets `root` (the source tree) and `cache`, and moves to the root.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
unset CDPATH
export LC_ALL=C.UTF-8
: "${MX_STARTED:=$(date +%s)}"  # one clock for a script and those it calls
export MX_STARTED

# say TEXT...: one line on stderr, with the time since the start.
say() { printf '[%4d s] %s\n' "$(($(date +%s) - MX_STARTED))" "$*" >&2; }

# fail TEXT [HINT]: one or two lines on stderr, and the end.
fail() {
  printf '%s: error: %s\n' "${0##*/}" "$1" >&2
  [ $# -lt 2 ] || printf '%s: hint: %s\n' "${0##*/}" "$2" >&2
  exit 1
}

# cache_folder: prints where downloads are kept between runs.
cache_folder() {
  local base=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
  [ -n "$base" ] || fail "neither XDG_CACHE_HOME nor HOME is set" "set one, it holds the downloads"
  printf '%s/mx\n' "$base"
}

# Another than Debian 12's: since 21 it passes over system headers, which makes it three times as fast.
clang_tidy_version=23.1.4
# clang_tidy: prints where setup.sh --tests puts that clang-tidy.
clang_tidy() { printf '%s/clang-tidy-%s/bin/clang-tidy\n' "$(cache_folder)" "$clang_tidy_version"; }

# judges_folder: prints where setup.sh --tests puts the Python packages that judge what we write.
judges_folder() { printf '%s/judges-2\n' "$(cache_folder)"; }

# cores: how many processor cores this process may use.
cores() { nproc; }

# use_tools: puts the five built tools in PATH, or fails.
use_tools() {
  local tool
  export PATH=$root/build/release/bin:$PATH
  for tool in train distill prune pack infer; do
    [ -x "$root/build/release/bin/mx-$tool" ] || fail "mx-$tool is not built" "scripts/quickstart.sh builds the tools"
  done
}

# table: prints lines of cells, divided by "|", in columns; all but the first are aligned to the right.
table() {
  awk -F '|' '
    { for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } if (NF > fields) fields = NF }
    END {
      for (row = 1; row <= NR; row++) {
        for (i = 1; i <= fields; i++) printf(i == 1 ? "%-*s" : "   %*s", width[i], cell[row, i])
        print ""
      }
    }'
}

# configure FOLDER [OPTION...]: runs CMake for one build folder; silent unless it fails.
configure() {
  local folder=$1 log
  shift
  mkdir -p "$folder"
  log=$folder/configure.log
  cmake -S "$root" -B "$folder" -G Ninja "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    fail "CMake could not configure $folder" "if the folder was made on another machine, remove it"
  }
}

# build FOLDER TARGET...: builds with a line of progress now and then; the full log appears only on failure.
build() {
  local folder=$1 line shown=$SECONDS
  shift
  NINJA_STATUS='[%f/%t] ' nice -n 2 ninja -C "$folder" -j "$(cores)" "$@" 2>&1 | tee "$folder/build.log" |
    while IFS= read -r line; do
      if [[ $line =~ ^\[[0-9]+/[0-9]+\] ]] && [ $((SECONDS - shown)) -ge 15 ]; then
        shown=$SECONDS
        say "  ${BASH_REMATCH[0]}"
      fi
    done || {
    grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking|Re-checking)' "$folder/build.log" | tail -n 60 >&2
    fail "the build in $folder failed; its log is $folder/build.log"
  }
}

# fuzz_seeds FOLDER: small files of every kind that the fuzzers start from.
fuzz_seeds() {
  local text=tests/data/CREDITS.md
  rm -rf "$1"
  mkdir -p "$1"
  head -n 20 tests/data/digits.csv >"$1/digits.csv"
  printf 'name,size,note\r\n"a ""b""",1.5e3,"two\nlines"\r\nNA,,?\r\n' >"$1/quoted.csv"
  printf '{"a": [1, -2.5e3, true, null], "b": {"c": "\\u00e9\\n"}}' >"$1/values.json"
  printf '[{"input":{"shape":[1,8,8]}},{"conv2d":{"name":"0","in":1,"out":4,"kernel":3}},{"activation":{"kind":"relu"}},{"pool2d":{"kind":"max","size":2,"stride":2}},{"flatten":{}},{"linear":{"name":"1","in":36,"out":2}}]' >"$1/network.json"
  printf '{"task":"classify","features":[{"names":[["a1","a4"],"b"],"mean":2.5,"scale":[1,1,2,2,0.5],"missing":true},{"names":["c"],"categories":["x","y"]}],"label":"d","classes":[["0","3"]]}' >"$1/schema.json"
  printf '{"kind":"bpe","merges":[71,83,256,68],"special":{"<|endoftext|>":258}}' >"$1/bpe.json"
  printf '{"kind":"wordpiece","lowercase":true,"tokens":["[UNK]","a","##b"],"special":{"[UNK]":0}}' >"$1/wordpiece.json"
  printf 'caf\303\251 \342\200\213\360\237\230\200 it'"'"'s \377\376\r\n\r\n { [1] lorem. A? B! "C."\n' >"$1/odd.txt"
  { gzip -9nc $text; gzip -1nc $text; } >"$1/members.gz"
  zstd -qc $text >"$1/text.zst"
  cp configs/*.yaml "$1/" 2>/dev/null || true
  unzip -pq tests/convert/golden/mlp.pth mlp/data.pkl >"$1/mlp.pkl" 2>/dev/null || true
  find tests/golden tests/convert/golden tests/text/tokenizers -type f -size -64k -exec cp {} "$1/" \; 2>/dev/null || true
}
