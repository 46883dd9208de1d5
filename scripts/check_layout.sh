#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/check_layout.sh [TREE]
#
# Holds a source tree to the order of its rooms: every #include points left and to a file that is there, none in a
# circle; cli/ is included by tools alone; each package is included only where it belongs; LibTorch stays on the upper
# floor; no file has more than 600 lines, no tool's main more than 80; every file names its licence; no two headers
# define a type of the same name, which the linker would mix without a word.
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"

files() { find lib tools tests scripts CMakeLists.txt -type f "$@" 2>/dev/null | sort; }

problems=$(
  # shellcheck disable=SC2046
  awk -f /dev/stdin $(files \( -name '*.h' -o -name '*.cpp' \)) <<'AWK'
    BEGIN {
      count = split("base io tensor net file text data engine shrink convert infer trust serve cli model learn", rooms)
      for (i = 1; i <= count; i++) rank[rooms[i]] = i
      # header prefix -> rooms that may include it
      package["CLI/"] = "cli"
      package["yaml-cpp/"] = "io"
      package["nlohmann/"] = "base"
      package["zlib.h"] = "io convert"
      package["zstd.h"] = "io tensor"
      package["sodium.h"] = "base io file trust"
      package["openssl/"] = "file trust"
      package["xxhash.h"] = "file"
      package["Eigen/"] = "shrink infer"
      package["utf8proc.h"] = "text"
      package["torch/"] = package["ATen/"] = package["c10/"] = "model learn"
    }
    FNR == 1 {
      all[++total] = FILENAME
      parts = split(FILENAME, path, "/")
      floor = path[1]
      room = floor == "lib" && parts > 2 ? path[2] : ""
      if (room != "" && !(room in rank)) print FILENAME ": lib/" room "/ is no room"
      if ($0 != "// SPDX-License-Identifier: Apache-2.0") print FILENAME ": the first line does not name the licence"
    }
    FILENAME ~ /\.h$/ && /^namespace [a-z:]+ \{$/ { space = $2 }
    FILENAME ~ /\.h$/ && /^(struct|class|enum class) [A-Za-z]+( final)?( : .*)? \{/ {
      type = space "::" ($1 == "enum" ? $3 : $2)
      if (type in defined && defined[type] != FILENAME) print FILENAME ":" FNR ": " type " is a type of " defined[type] " too"
      defined[type] = FILENAME
    }
    /^[ \t]*#[ \t]*include[ \t]*["<]/ {
      target = $0
      sub(/^[^"<]*["<]/, "", target)
      sub(/[">].*$/, "", target)
      where = FILENAME ":" FNR ": "
      for (prefix in package)
        if (FILENAME == "lib/cli/version.cpp") continue  # names the versions of all of them
        else if (index(target, prefix) == 1 && floor != "tests" && index(" " package[prefix] " ", " " room " ") == 0)
          print where "<" target "> belongs to " package[prefix] " alone"
      if ($0 !~ /"/) next
      edges[FILENAME] = edges[FILENAME] " lib/" target
      split(target, step, "/")
      wanted = step[1]
      if (floor == "lib") {
        needed["lib/" target] = where
        if (!(wanted in rank) || target !~ /\//) { print where "\"" target "\" is not written relative to lib/"; next }
        if (wanted == "cli" && room != "cli") print where "only tools include cli/"
        else if (rank[wanted] > rank[room] || (room == "cli" && rank[wanted] > rank["cli"]))
          print where room "/ must not lean on " wanted "/, which is to its right"
      }
    }
    function visit(file, trail,   list, n, k) {
      if (state[file] == 2) return
      if (state[file] == 1) { print "the includes go in a circle:" trail " " file; return }
      state[file] = 1
      n = split(edges[file], list, " ")
      for (k = 1; k <= n; k++) visit(list[k], trail " " file)
      state[file] = 2
    }
    END {
      for (i = 1; i <= total; i++) present[all[i]] = 1
      for (target in needed) if (!(target in present)) print needed[target] target " is not there"
      for (i = 1; i <= total; i++) visit(all[i], "")
    }
AWK
  # shellcheck disable=SC2046
  wc -l $(files \( -name '*.h' -o -name '*.cpp' -o -name '*.sh' -o -name '*.cmake' -o -name CMakeLists.txt \)) |
    awk '$2 == "total" { next }
         $1 > 600 { print $2 ": " $1 " lines, more than 600" }
         $2 ~ /^tools\/mx_[a-z]*\.cpp$/ && $1 > 80 { print $2 ": " $1 " lines, more than 80: a main file is a table of contents" }'
  for file in $(files \( -name '*.sh' -o -name '*.cmake' -o -name CMakeLists.txt \)); do
    head -n 3 "$file" | grep -q '^# SPDX-License-Identifier: Apache-2.0$' || echo "$file: the first lines do not name the licence"
  done
)
[ -z "$problems" ] || {
  printf '%s\n' "$problems"
  exit 1
}
