# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
[ -e "$FIXTURES/model.mx" ] || { echo 'mx-pack is not built'; exit 77; }
# Where standard error is no terminal there is no progress, no color, and with -q nothing at all.
silent() {
  expect 0 "$@"
  ! grep -q $'[\r\033]' err || wrong "progress or color in a file: $*"
  expect 0 "$@" -q
  [ ! -s err ] || wrong "-q is not quiet: $*"
  expect 0 "$@" -q --progress always --color always
  [ ! -s err ] || wrong "-q is not quiet under --progress always: $*"
}
silent mx-pack "$FIXTURES/model.mx" -f -o out.mx
silent mx-pack info "$FIXTURES/model.mx"
silent mx-pack check "$FIXTURES/model.mx"
[ -e "$FIXTURES/digits.mx" ] || exit 0
silent mx-infer "$FIXTURES/digits.mx" "$FIXTURES/digits.csv"
silent mx-infer eval "$FIXTURES/digits.mx" --data "$FIXTURES/digits.csv"
silent mx-prune "$FIXTURES/digits.mx" --sparsity 0.5 -f -o out.mx
silent mx-train --seed 1 --data "$FIXTURES/digits.csv" --hidden 4 --epochs 1 -f -o out.mx
