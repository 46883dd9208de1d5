#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/quality_distil.sh [characters | digits | three]...
#
# What teaching is worth. `characters`: a quarter of the character model (MX_TEXT or ../shared/data/tinyshakespeare.txt),
# alone and taught, with inner layers matched too: equal steps and batches, three seeds. `digits`: MNIST's 10,000 test
# images (MX_MNIST or ../shared/data), five folds: a quarter of a teacher that saw shifted images, alone and taught on
# plain ones, and both again with the teacher's shifts; errors of all folds, paired. `three`: a 2 x 800 student taught
# without the rows of a 3, and its biases corrected. What a stopped run had finished is kept in build/quality/distil.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
use_tools
work=$root/build/quality/distil
mkdir -p "$work"
parts=("$@")
[ $# -gt 0 ] || parts=(characters digits three)
mnist=${MX_MNIST:-$root/../shared/data}
images=$mnist/mnist-t10k-images-idx3-ubyte.gz labels=$mnist/mnist-t10k-labels-idx1-ubyte.gz
text=${MX_TEXT:-$root/../shared/data/tinyshakespeare.txt}

# make NAME COMMAND...: the model $work/NAME.mx and its figures $work/NAME.json, unless they are there.
make() {
  local name=$1
  shift
  [ ! -s "$work/$name.json" ] || return 0
  say "distil: $name"
  "$@" --json -q -f -o "$work/$name.mx" >"$work/$name.tmp" 2>"$work/$name.log" || { cat "$work/$name.log" >&2; fail "this failed: $*"; }
  mv "$work/$name.tmp" "$work/$name.json"
}

# figures KEY FILE...: "mean (lowest to highest)".
figures() {
  local key=$1
  shift
  jq -rs --arg key "$key" 'def digits: . * 1e4 | round / 1e4; map(.[$key]) |
    "\(add / length | digits) (\(min | digits) to \(max | digits))"' "$@"
}

characters() {
  local seed kind training
  [ -r "$text" ] || { say "characters are left out: there is no $text"; return 0; }
  printf 'model: gpt\nlayers: 4\nheads: 4\ndim: 64\n' >"$work/student.yaml"
  for seed in 1 2 3; do
    make "gpt-$seed" mx-train --config configs/char-gpt.yaml --data "$text" --lr 0.003 --seed "$seed"
    training=("$work/gpt-$seed.mx" --student "$work/student.yaml" --data "$text" --valid-fraction 0.1 --batch-size 12 --steps 2000
      --optimizer adamw --lr 0.003 --weight-decay 0.1 --schedule cosine --warmup 100 --clip 1 --eval-every 500 --seed "$seed")
    make "gpt-taught-$seed" mx-distill "${training[@]}" --control
    for kind in hidden attention values; do make "gpt-$kind-$seed" mx-distill "${training[@]}" --match "logits,$kind"; done
  done
  {
    echo "character model|loss|share of the gap closed, %"
    echo "teacher|$(figures teacher_loss "$work"/gpt-taught-?.json)|"
    echo "quarter alone|$(figures control_loss "$work"/gpt-taught-?.json)|"
    for kind in taught hidden attention values; do
      paste -d ' ' <(jq '"\(.control_loss) \(.teacher_loss)"' -r "$work"/gpt-taught-?.json) <(jq .student_loss "$work/gpt-$kind"-?.json) |
        awk '{ print "{\"share\":" ($1 - $3) / ($1 - $2) * 100 "}" }' >"$work/share.json"
      echo "$kind|$(figures student_loss "$work/gpt-$kind"-?.json)|$(figures share "$work/share.json")"
    done
  } | table
  echo
}

# answers NAME FOLD: one line for each row of the fold: the label and what the model says.
answers() {
  paste -d ' ' <(gzip -dc "$labels" | tail -c +9 | od -An -v -w1 -tu1 | tr -d ' ') \
    <(mx-infer "$work/$1.mx" "$images" --input idx -q | jq -r .prediction) | awk -v fold="$2" '(NR - 1) % 5 == fold - 1'
}

# errors NAME: "errors in N" over the folds.
errors() {
  for fold in 1 2 3 4 5; do answers "$1-$fold" "$fold"; done | awk '$1 != $2 { ++wrong } END { print wrong + 0 " in " NR }'
}

# paired A B: two-sided p of McNemar's exact test over all folds.
paired() {
  local fold
  for fold in 1 2 3 4 5; do paste -d ' ' <(answers "$1-$fold" "$fold") <(answers "$2-$fold" "$fold"); done | awk '
    { if ($1 == $2 && $3 != $4) ++a; if ($1 != $2 && $3 == $4) ++b }
    END {
      n = a + b; few = a < b ? a : b; log_c = -n * log(2)
      for (k = 0; k <= few; ++k) { p += exp(log_c); log_c += log((n - k) / (k + 1)) }
      printf "%.2g", 2 * p < 1 ? 2 * p : 1
    }'
}

# with_mnist PART: whether its data is there.
with_mnist() { [ -r "$images" ] || { say "$1 is left out: MNIST is not in $mnist"; return 1; }; }

digits() {
  local fold rows training taught
  with_mnist digits || return 0
  for fold in 1 2 3 4 5; do
    rows=(--data "$images" --labels "$labels" --fold "$fold/5" --seed "$fold")
    training=("${rows[@]}" --optimizer adamw --lr 0.001 --weight-decay 0.01 --batch-size 128 --schedule cosine)
    make "digits-teacher-$fold" mx-train --model mlp --hidden 512,512 --dropout 0.5 "${training[@]}" --epochs 100 --augment "shift:2"
    taught=("$work/digits-teacher-$fold.mx" --student "auto:25%" --student-start random "${training[@]}" --epochs 60 --temperature 4)
    make "digits-taught-$fold" mx-distill "${taught[@]}"
    make "digits-alone-$fold" mx-distill "${taught[@]}" --alpha 0
    make "digits-taught-shifted-$fold" mx-distill "${taught[@]}" --augment "shift:2"
    make "digits-alone-shifted-$fold" mx-distill "${taught[@]}" --alpha 0 --augment "shift:2"
  done
  {
    echo "MNIST, a quarter of 2 x 512|errors|p, against the same alone"
    echo "teacher, shifted images|$(errors digits-teacher)|"
    echo "alone|$(errors digits-alone)|"
    echo "taught at T = 4|$(errors digits-taught)|$(paired digits-taught digits-alone)"
    echo "alone, shifted images|$(errors digits-alone-shifted)|"
    echo "taught, shifted images|$(errors digits-taught-shifted)|$(paired digits-taught-shifted digits-alone-shifted)"
  } | table
  echo
}

# threes NAME: share of the threes that are told, and errors of all.
threes() {
  for fold in 1 2 3; do answers "$1-$fold" "$fold"; done | awk '
    $1 == 3 { ++n; right += $2 == 3 } $1 != $2 { ++wrong } END { printf "%.1f|%d in %d", right / n * 100, wrong, NR }'
}

three() {
  local fold rows taught
  with_mnist three || return 0
  printf 'model: mlp\nhidden: 800,800\n' >"$work/wide.yaml"
  for fold in 1 2 3; do
    rows=(--data "$images" --labels "$labels" --fold "$fold/5" --seed "$fold" --optimizer adamw --lr 0.001 --weight-decay 0.01
      --batch-size 128 --schedule cosine)
    make "digits-teacher-$fold" mx-train --model mlp --hidden 512,512 --dropout 0.5 "${rows[@]}" --epochs 100 --augment "shift:2"
    taught=("$work/digits-teacher-$fold.mx" --student "$work/wide.yaml" "${rows[@]}" --epochs 40 --temperature 4 --without-class 3)
    make "three-$fold" mx-distill "${taught[@]}"
    make "three-corrected-$fold" mx-distill "${taught[@]}" --class-prior data
  done
  {
    echo "MNIST, 2 x 800, no threes seen|threes right, %|errors of all"
    echo "taught|$(threes three)"
    echo "taught, --class-prior data|$(threes three-corrected)"
  } | table
  echo
}

for part in "${parts[@]}"; do
  case $part in
    characters | digits | three) "$part" ;;
    *) fail "there is no part '$part'" "usage: scripts/quality_distil.sh [characters | digits | three]..." ;;
  esac
done
