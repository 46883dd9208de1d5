#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/screens.sh FOLDER [BIN_FOLDER]
#
# Makes a report with each tool that has --report, on the digits of tests/data and with the settings of configs/, and
# photographs each page into FOLDER: light and dark, as wide as a laptop's window (1366) and a phone's (390), and as
# printed (PDF). Fails when a page is wider than its window, has an error on the console or asks a network for anything.
# BIN_FOLDER: where the tools are (default: build/release/bin). Installs Chromium (Debian) where it is missing.
from=$PWD
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
  -h | --help) sed -n '3,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  '' | -*) fail "the folder for the screenshots is missing" "usage: scripts/screens.sh FOLDER [BIN_FOLDER]" ;;
esac
folder=$(cd "$from" && mkdir -p "$1" && cd "$1" && pwd)
bin=$(cd "$from" && cd "${2:-$root/build/release/bin}" && pwd)
export PATH=$bin:$PATH

missing=()
command -v chromium >/dev/null || missing+=(chromium fonts-dejavu-core)
[ -x /usr/bin/python3 ] || missing+=(python3)
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "${missing[*]} could not be installed" "install them by hand, then run this again"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rows=(--data tests/data/digits.csv --fold 1/5 --seed 1 --threads 1 -q)
say "making reports"
mx-train --config configs/digits-mlp.yaml "${rows[@]}" --valid-fraction 0.1 --epochs 20 -o "$work/teacher.mx" --report "$work/train.html" >/dev/null
mx-distill "$work/teacher.mx" --student configs/digits-small.yaml "${rows[@]}" --valid-fraction 0.1 --epochs 30 --control \
  -o "$work/student.mx" --report "$work/distill.html" >/dev/null
mx-prune "$work/teacher.mx" "${rows[@]}" --sparsity 0.8 --criterion sparsegpt --finetune-epochs 5 --valid-fraction 0.1 -o "$work/pruned.mx" \
  --report "$work/prune.html" >/dev/null
mx-prune "$work/student.mx" "${rows[@]}" --max-loss-increase 0.02 --finetune-epochs 5 -o "$work/searched.mx" --report "$work/search.html" >/dev/null
mx-infer compare "$work/teacher.mx" "$work/student.mx" --data tests/data/digits.csv --fold 1/5 --report "$work/compare.html" >/dev/null
mx-infer eval "$work/pruned.mx" --data tests/data/digits.csv --fold 1/5 --report "$work/eval.html" >/dev/null
say "photographing them"
/usr/bin/python3 scripts/screens.py "$folder" "$work"/{train,distill,prune,search,compare,eval}.html
say "the screenshots are in $folder"
