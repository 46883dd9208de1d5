#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/test.sh
#
# Makes the machine ready (scripts/setup.sh), builds everything, and runs all tests: format, layout, shell scripts,
# unit tests, command-line cases, an installation, the ground floor again under AddressSanitizer and UBSan with its
# fuzzers, clang-tidy, and a dozen kills. The last line is "N passed, N failed, N skipped"; a failure exits with 1.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -eq 0 ] || fail "unknown argument '$1'" "usage: scripts/test.sh"

passed=0 failed=0 skipped=0 complete=''
logs=$(mktemp -d)
finish() {
  [ -n "$complete" ] || failed=$((failed + 1)) # something stopped the run itself
  rm -rf "$logs"
  say "done"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] || exit 1
}
trap finish EXIT

# check NAME COMMAND...: one check; its output is shown when it fails.
check() {
  local name=$1
  shift
  say "$name"
  if "$@" >"$logs/check" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAIL $name"
    tail -n 200 "$logs/check"
  fi
}

# unit_test EXECUTABLE: runs one test executable, and leaves its log and its exit code in $logs.
unit_test() {
  local name=${1##*/} status=0
  mkdir "$logs/$name.tmp"
  TMPDIR=$logs/$name.tmp timeout --kill-after=5 900 "$1" --no-colors >"$logs/$name.log" 2>&1 || status=$?
  rm -rf "$logs/$name.tmp"
  echo "$status" >"$logs/$name.status"
}
export -f unit_test
export logs

# unit_tests TITLE EXECUTABLE...: runs them side by side and counts their test cases.
unit_tests() {
  say "$1"
  shift
  local executable name status good bad
  # shellcheck disable=SC2016
  printf '%s\n' "$@" | xargs -P "$(cores)" -n 1 bash -c 'unit_test "$1"' _
  for executable in "$@"; do
    name=${executable##*/}
    status=$(cat "$logs/$name.status" 2>/dev/null || echo none)
    read -r good bad < <(sed -n 's/^\[doctest\] test cases: *[0-9]* *| *\([0-9]*\) passed *| *\([0-9]*\) failed.*/\1 \2/p' \
      "$logs/$name.log") || true
    passed=$((passed + ${good:-0}))
    grep -hiE '^(MESSAGE: )?skip' "$logs/$name.log" | sort -u | head -n 5 || true
    if [ "$status" = 0 ] && [ -n "${good:-}" ]; then continue; fi
    [ "${bad:-0}" -gt 0 ] || bad=1  # it crashed, or was stopped
    failed=$((failed + bad))
    echo "FAIL ${executable#"$root"/} (exit code $status)"
    tail -n 60 "$logs/$name.log"
  done
}

clang_format() { git ls-files '*.h' '*.cpp' | xargs -r clang-format --dry-run -Werror; }
shell_check() { git ls-files '*.sh' .ci/run | grep -v '^tests/cli/.*/' | xargs shellcheck -x; }

cli_cases() {
  local last
  tests/cli/run.sh build/release/bin >"$logs/cli" 2>&1 || true
  last=$(tail -n 1 "$logs/cli")
  if [[ $last =~ ^cli:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    skipped=$((skipped + BASH_REMATCH[3]))
    sed '$d' "$logs/cli" | head -n 300
  else
    failed=$((failed + 1))
    echo "FAIL the command-line cases did not come to their end"
    tail -n 50 "$logs/cli"
  fi
}

# fuzz EXECUTABLE: a short run over fresh mutations of those.
fuzz() { timeout 300 "$1" --runs 5000 build/sanitize/seeds; }

scripts/setup.sh --tests

check "clang-format" clang_format
check "shellcheck" shell_check

say "building everything"
configure build/release -DCMAKE_BUILD_TYPE=Release
build build/release all
unit_tests "unit tests" build/release/bin/test_*
say "command-line cases"
cli_cases
check "installation" scripts/check_install.sh build/release
rm -rf build/soak-short
check "a dozen kills" scripts/soak.sh 12 build/soak-short

say "building the ground floor with sanitizers"
configure build/sanitize -DCMAKE_BUILD_TYPE=Debug -DMX_SANITIZE=ON -DMX_TORCH=OFF
build build/sanitize all
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
unit_tests "unit tests under AddressSanitizer and UBSan" build/sanitize/bin/test_*
fuzz_seeds build/sanitize/seeds
for fuzzer in build/sanitize/bin/fuzz_*; do
  [ ! -x "$fuzzer" ] || check "fuzzing: ${fuzzer##*/}" fuzz "$fuzzer"
done
unset ASAN_OPTIONS UBSAN_OPTIONS

check "clang-tidy" scripts/tidy.sh
complete=yes
