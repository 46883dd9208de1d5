#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/tidy.sh [FILE.cpp...]
#
# clang-tidy over the ground floor (all rooms but model/ and learn/, mx-pack and mx-infer), as many files at a time as
# there are cores. A file that was found clean is not read again until it, a header that it includes, .clang-tidy or
# this script changes: the cache folder keeps an empty file named by the SHA-256 of all that.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
stamps=$(cache_folder)/tidy
clang_tidy=$(clang_tidy)
[ -x "$clang_tidy" ] || fail "clang-tidy is not at $clang_tidy" "scripts/setup.sh --tests puts it there"
mkdir -p "$stamps"
find "$stamps" -type f -mtime +60 -delete

if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(find lib tools/mx_pack.cpp tools/mx_infer.cpp tools/pack tools/infer \
    \( -path lib/model -o -path lib/learn \) -prune -o -name '*.cpp' -print 2>/dev/null | sort)
fi

# closure FILE...: for each FILE one line, itself and all headers of the project that it includes in the end.
closure() {
  # shellcheck disable=SC2046
  awk '
    match($0, /^[ \t]*#[ \t]*include[ \t]*"[^"]+"/) {
      target = $0; sub(/^[^"]*"/, "", target); sub(/".*/, "", target)
      edges[FILENAME] = edges[FILENAME] " lib/" target " tools/" target
    }
    FNR == 1 { present[FILENAME] = 1 }
    function visit(file,   list, n, k) {
      if (!(file in present) || seen[file] == root) return
      seen[file] = root; line = line " " file
      n = split(edges[file], list, " ")
      for (k = 1; k <= n; k++) visit(list[k])
    }
    END {
      count = split(wanted, roots, " ")
      for (i = 1; i <= count; i++) { root = roots[i]; line = ""; visit(root); print substr(line, 2) }
    }' wanted="$*" $(find lib tools -name '*.h' -o -name '*.cpp') "$@"
}

# check FILE STAMP: runs clang-tidy on one file; its complaints go to standard output.
check() {
  local file=$1 stamp=$2 output flags=(-std=c++20 -Ilib -Itools -Itests -isystem /usr/include/eigen3)
  [[ $file != *_avx*.cpp ]] || flags+=(-mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni)
  if output=$(nice -n 2 "$clang_tidy" --quiet "$file" -- "${flags[@]}" 2>&1); then
    : >"$stamp"
  else
    printf '%s\n' "$output" | grep -vE '^([0-9]+ warnings? (generated|treated)|Suppressed)'
    return 1
  fi
}
export -f check
export clang_tidy

constant=$(sha256sum .clang-tidy scripts/tidy.sh; echo "$clang_tidy_version")
work=()
while read -r line; do
  # shellcheck disable=SC2086
  key=$({ echo "$constant"; sha256sum $line; } | sha256sum)
  [ -e "$stamps/${key%% *}" ] || work+=("${line%% *}" "$stamps/${key%% *}")
done < <(closure "${files[@]}")

[ ${#work[@]} -gt 0 ] || exit 0
say "clang-tidy on $((${#work[@]} / 2)) of ${#files[@]} files"
# shellcheck disable=SC2016
printf '%s\n' "${work[@]}" | xargs -P "$(cores)" -n 2 bash -c 'check "$1" "$2"' _
