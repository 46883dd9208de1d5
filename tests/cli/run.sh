#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: tests/cli/run.sh [--update] [--jobs N] BIN_FOLDER [AREA | AREA/CASE]...
#
# Runs the command-line cases (README.md beside this says what a case is) with the tools of BIN_FOLDER.
# --update writes what came out as what is expected. The last line is "cli: N passed, N failed, N skipped".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# matches_glob EXPECTED ACTUAL: whether each line of ACTUAL matches its pattern; "..." stands for any lines.
# shellcheck disable=SC2053 # the right side of == is a pattern
matches_glob() {
  local -a want=() have=()
  mapfile -t want <"$1"
  mapfile -t have <"$2"
  local w=0 h=0 star=-1 mark=0
  while [ "$h" -lt ${#have[@]} ]; do
    if [ "$w" -lt ${#want[@]} ] && [ "${want[w]}" = '...' ]; then
      star=$w mark=$h w=$((w + 1))
    elif [ "$w" -lt ${#want[@]} ] && [[ ${have[h]} == ${want[w]} ]]; then
      w=$((w + 1)) h=$((h + 1))
    elif [ "$star" -ge 0 ]; then
      mark=$((mark + 1)) h=$mark w=$((star + 1))
    else
      return 1
    fi
  done
  while [ "$w" -lt ${#want[@]} ] && [ "${want[w]}" = '...' ]; do w=$((w + 1)); done
  [ "$w" -eq ${#want[@]} ]
}

# check_stream NAME ACTUAL: compares what came out with CASE.NAME, CASE.NAME.glob or silence.
check_stream() {
  local name=$1 actual=$2 expected=$case_path.$1
  [ ! -e "$expected.ignore" ] || return 0
  if [ -e "$expected.glob" ]; then
    matches_glob "$expected.glob" "$actual" && return 0
    printf '%s does not match %s:\n' "$name" "${expected#"$here"/}.glob"
    diff -u --label expected --label "$name" "$expected.glob" "$actual" || true
  else
    [ -e "$expected" ] || expected=/dev/null
    diff -u --label expected --label "$name" "$expected" "$actual" && return 0
  fi
  return 1
}

# update_stream NAME ACTUAL: the inverse, for --update.
update_stream() {
  [ ! -e "$case_path.$1.ignore" ] && [ ! -e "$case_path.$1.glob" ] || return 0
  if [ -s "$2" ]; then cp "$2" "$case_path.$1"; else rm -f "$case_path.$1"; fi
}

# run_script SCRIPT FOLDER TIMEOUT: runs it in FOLDER; its streams go to FOLDER.out and FOLDER.err.
run_script() {
  local status=0
  mkdir -p "$2" "$2.tmp"
  (cd "$2" && exec env -i PATH="$bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" HOME="$2.tmp" TMPDIR="$2.tmp" TERM=dumb \
    LC_ALL=C.UTF-8 TZ=UTC USER="${USER:-nobody}" MX_SOURCE="$tree" MX_TEST_DATA="$tree/tests/data" MX_GOLDEN="$tree/tests/golden" \
    MX_SHARED_DATA="$tree/../shared/data" MX_BIN="$bin" MX_JUDGES="$judges" FIXTURES="$work/$area.once" \
    ASAN_OPTIONS="${ASAN_OPTIONS:-}" timeout --kill-after=5 "$3" bash -eu "$1") \
    >"$2.out" 2>"$2.err" </dev/null || status=$?
  return "$status"
}

# run_case AREA/CASE: runs one case and leaves its verdict in $work/AREA/CASE.result.
run_case() {
  local area=${1%%/*} case_path=$here/$1 folder=$work/$1 expected=0 status=0 seconds
  local result=$folder.result
  mkdir -p "$work/$area"
  if [ -e "$work/$area.failed" ]; then
    printf 'FAIL %s: the setup_once.sh of its area failed\n' "$1" >"$result"
    return
  fi
  seconds=$(sed -n 's/^# timeout: \([0-9]*\).*/\1/p' "$case_path.sh" | head -n 1)
  run_script "$case_path.sh" "$folder" "${seconds:-60}" || status=$?
  if [ "$status" -eq 77 ]; then
    printf 'SKIP %s: %s\n' "$1" "$(cat "$folder.out" "$folder.err" | tail -n 1)" >"$result"
  elif [ -n "$update" ]; then
    update_stream out "$folder.out"
    update_stream err "$folder.err"
    if [ "$status" -ne 0 ]; then echo "$status" >"$case_path.exit"; else rm -f "$case_path.exit"; fi
    printf 'PASS %s\n' "$1" >"$result"
  else
    [ ! -e "$case_path.exit" ] || read -r expected <"$case_path.exit"
    local report good=yes
    report=$(
      if [ "$status" -ne "$expected" ]; then
        printf 'exit code %s, expected %s' "$status" "$expected"
        [ "$status" -ne 124 ] || printf ' (stopped after %s s)' "${seconds:-60}"
        echo
      fi
      check_stream out "$folder.out" || bad=yes
      check_stream err "$folder.err" || bad=yes
      [ "$status" -eq "$expected" ] && [ -z "${bad:-}" ]
    ) || good=no
    if [ $good = yes ]; then
      printf 'PASS %s\n' "$1" >"$result"
    else
      printf 'FAIL %s\n%s\n' "$1" "$report" >"$result"
      [ ! -s "$folder.err" ] || [ -e "$case_path.err" ] || tail -n 5 "$folder.err" | sed 's/^/  stderr: /' >>"$result"
    fi
  fi
  chmod -R u+rwX "$folder" "$folder.tmp" 2>/dev/null || true
  rm -rf "$folder" "$folder.tmp"
}

# run_setup AREA: makes the fixtures that the area's cases share, once.
run_setup() {
  local area=$1
  mkdir -p "$work/$area.once"
  [ -e "$here/$area/setup_once.sh" ] || return 0
  run_script "$here/$area/setup_once.sh" "$work/$area.once" 300 || {
    { printf 'FAIL %s/setup_once.sh: exit code %s\n' "$area" $?; tail -n 20 "$work/$area.once.out" "$work/$area.once.err"; } \
      >"$work/$area.failed"
  }
}

if [ "${1:-}" = --one ]; then  # --one setup|case NAME: how the parallel jobs call this script
  if [ "$2" = setup ]; then run_setup "$3"; else run_case "$3"; fi
  exit 0
fi

update='' jobs=$(nproc)
while [ $# -gt 0 ]; do
  case $1 in
    --update) update=yes ;;
    --jobs) jobs=$2; shift ;;
    -h | --help) sed -n '3,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) echo "run.sh: error: unknown option $1" >&2; exit 2 ;;
    *) break ;;
  esac
  shift
done
[ -d "${1:-}" ] || { echo "usage: tests/cli/run.sh [--update] [--jobs N] BIN_FOLDER [AREA | AREA/CASE]..." >&2; exit 2; }
bin=$(cd "$1" && pwd)
shift
tree=$(cd "$here/../.." && pwd)
judges=$(! source "$tree/scripts/common.sh" 2>/dev/null || judges_folder)
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work"' EXIT
export update bin tree work judges

cases=()
for wanted in "${@:-}"; do
  wanted=${wanted#"$here"/} wanted=${wanted%.sh}
  found=$(cd "$here" && if [ -f "$wanted.sh" ]; then echo "./$wanted.sh"; else find "./$wanted" -mindepth "$([ -z "$wanted" ] && echo 2 || echo 1)" -name '*.sh' ! -name setup_once.sh; fi | sort)
  [ -n "$found" ] || { echo "run.sh: error: there is no area or case '$wanted'" >&2; exit 2; }
  while read -r one; do one=${one#./} one=${one#/}; one=${one%.sh}; cases+=("$one"); done <<<"$found"
done
printf '%s\n' "${cases[@]%%/*}" | sort -u | xargs -r -P "$jobs" -n 1 "${BASH_SOURCE[0]}" --one setup
# Those that ask for the most time come first: none is left to run alone at the end.
{ cd "$here"; grep -m 1 -Eo '^# timeout: [0-9]+' /dev/null "${cases[@]/%/.sh}" || true; } |
  sed -E 's/^(.*)\.sh:# timeout: (.*)/\2 \1/' | sort -rn | cut -d ' ' -f 2 >"$work/order"
printf '%s\n' "${cases[@]}" >>"$work/order"
awk '!seen[$0]++' "$work/order" | xargs -r -P "$jobs" -n 1 "${BASH_SOURCE[0]}" --one case

cat "$work"/*.failed 2>/dev/null || true
passed=0 failed=0 skipped=0
for one in "${cases[@]}"; do
  verdict=$(head -c 4 "$work/$one.result" 2>/dev/null || true)
  case $verdict in
    PASS) passed=$((passed + 1)) ;;
    SKIP) skipped=$((skipped + 1)); cat "$work/$one.result" ;;
    *) failed=$((failed + 1)); cat "$work/$one.result" 2>/dev/null || echo "FAIL $one: it left no result" ;;
  esac
done
echo "cli: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
