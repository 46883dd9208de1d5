#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/fuzz.sh [SECONDS] [TARGET...]
#
# Builds the fuzz targets (tests/ROOM/TARGET_fuzz.cpp: the reader of model files, every codec, strict JSON, the importers,
# everything that reads rows and text) with Clang's libFuzzer under AddressSanitizer and UBSan, and runs each for a minute
# (or SECONDS), as many side by side as there are cores. What reaches new code is kept in build/fuzz/corpus/TARGET and
# gone on from the next time; what breaks is kept in build/fuzz/found, and the exit status is 1.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "'$seconds' is no number of seconds" "usage: scripts/fuzz.sh [SECONDS] [TARGET...]"
[ $# -lt 1 ] || shift
command -v clang++ >/dev/null || fail "clang++ is missing" "apt-get install clang"
mapfile -t all < <(git ls-files 'tests/*_fuzz.cpp' | sed 's|.*/||; s|_fuzz\.cpp$||' | sort)
targets=("$@")
[ $# -gt 0 ] || targets=("${all[@]}")
for target in "${targets[@]}"; do
  [[ " ${all[*]} " == *" $target "* ]] || fail "there is no fuzz target '$target'" "they are: ${all[*]}"
done

folder=$root/build/fuzz
say "building ${#targets[@]} fuzz targets with libFuzzer"
configure "$folder" -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug -DMX_SANITIZE=ON -DMX_TORCH=OFF -DMX_LIBFUZZER=ON
build "$folder" "${targets[@]/#/fuzz_}"
fuzz_seeds "$folder/seeds"
mkdir -p "$folder/found"

# run TARGET: its log in build/fuzz/TARGET.log, its exit status in TARGET.status.
run() {
  mkdir -p "$folder/corpus/$1"
  "$folder/bin/fuzz_$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$folder/found/$1-" "$folder/corpus/$1" "$folder/seeds" >"$folder/$1.log" 2>&1 && status=0 || status=$?
  echo "$status" >"$folder/$1.status"
}
say "fuzzing for $seconds s each, $(cores) side by side"
rm -f "$folder"/*.status
for target in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$(cores)" ]; do sleep 0.2; done
  run "$target" &
done
wait
{
  echo "target|runs|a second|corpus|result"
  for target in "${targets[@]}"; do
    stat() { awk -v key="stat::$1:" '$1 == key { print $2 }' "$folder/$target.log"; }
    result=good
    [ "$(cat "$folder/$target.status")" = 0 ] || result="BROKEN: $folder/$target.log"
    echo "$target|$(stat number_of_executed_units)|$(stat average_exec_per_sec)|$(find "$folder/corpus/$target" -type f | wc -l)|$result"
  done
} | table
! grep -qv '^0$' "$folder"/*.status
