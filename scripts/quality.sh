#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/quality.sh [digits | lenet | cnn | text | sst2 | compressed | quantized | sparse | structures | lora]...
#
# Runs whole chains (train, distil, prune, pack) on five folds and prints how much accuracy each stage keeps: `digits`
# on tests/data/digits.csv; `lenet` (LeNet-300-100) and `cnn` (a LeNet-5-like network) on MNIST's 10,000 test images,
# 8,000 to train and 2,000 to test, from MX_MNIST or ../shared/data. The others are no chains. `text`: character models on
# MX_TEXT (or ../shared/data/tinyshakespeare.txt), a tenth of it kept for validation in windows that do not overlap, and a
# byte-pair model of 1,024 tokens beside them, in bits per byte. `sst2`: sentences of MX_SST2 (or
# ../shared/data/sst2) classified by an encoder trained directly and after masked pretraining, three seeds each, beside
# what words alone tell. `compressed`: LeNet-300-100 pruned, taught by a wider network that saw the same rows, and coded
# with six values, against a dense network trained for as many epochs, everything in the file counted. `quantized`: the
# character model's increase of loss by rounding and by solving for codes of 8 to 2 bits, dense and sparse, three seeds.
# `sparse`: what it costs to prune it in one go, by four methods, and what 300 steps win back, by labels, a teacher or
# both. `structures`: half of its heads and neurons, students cut out of it, half of an encoder of sentences, and neurons of
# LeNet-300-100 by likelihood. `lora`: a character model of the first half of MX_TEXT goes on with the sentences of MX_SST2
# for 500 steps, as a whole or by adapters of rank 8, each at the best of three rates, medians of three seeds. What a stopped
# run had finished is kept in build/quality; remove that to begin anew.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
use_tools
chains=("$@")
[ $# -gt 0 ] || chains=(digits lenet cnn text sst2 compressed quantized sparse structures lora)
mnist=${MX_MNIST:-$root/../shared/data}
images=$mnist/mnist-t10k-images-idx3-ubyte.gz labels=$mnist/mnist-t10k-labels-idx1-ubyte.gz

# stage NAME COMMAND...: runs one stage of one fold unless it is finished; its result is $folder/NAME.json.
stage() {
  local name=$1 begin
  shift
  [ ! -s "$folder/$name.json" ] || return 0
  say "$chain, fold $fold: $name"
  begin=$(date +%s%N)
  "$@" -q -f -o "$folder/$name.mx" >/dev/null 2>"$folder/log" || { cat "$folder/log" >&2; fail "this failed: $*"; }
  jq -n --argjson nanoseconds $(($(date +%s%N) - begin)) --argjson bytes "$(stat -c %s "$folder/$name.mx")" \
    --argjson info "$(mx-pack info --json "$folder/$name.mx")" \
    --argjson eval "$(mx-infer eval "$folder/$name.mx" "${rows[@]}" --fold "$fold/5" --json)" \
    '{seconds: ($nanoseconds / 1e9), bytes: $bytes, parameters: $info.parameters, nonzero: $info.nonzero,
      accuracy: $eval.accuracy, probability: $eval.probability, n: $eval.n}' >"$folder/result.tmp"
  mv "$folder/result.tmp" "$folder/$name.json"
}

# run_fold: all stages of the chain on one fold.
run_fold() {
  local common=("${rows[@]}" --fold "$fold/5" --seed "$fold")
  stage trained mx-train "${teacher[@]}" "${common[@]}"
  stage distilled mx-distill "$folder/trained.mx" "${student[@]}" "${common[@]}"
  stage pruned mx-prune "$folder/distilled.mx" "${pruning[@]}" "${common[@]}"
  stage packed mx-pack "$folder/pruned.mx" --quantize int8 --effort max
}

# summary: one line per stage: means over the folds, and the deviation of the accuracy.
summary() {
  local name
  echo "$chain|bytes|parameters|nonzero|accuracy|deviation over folds|seconds"
  for name in trained distilled pruned packed; do
    jq -rs --arg name "$name" '
      def mean(f): map(f) | add / length;
      def digits($n): . * pow(10; $n) | round / pow(10; $n);
      mean(.accuracy) as $a | (map((.accuracy - $a) * (.accuracy - $a)) | add / ([length - 1, 1] | max) | sqrt) as $d |
      "\($name)|\(mean(.bytes) | digits(0))|\(mean(.parameters) | digits(0))|\(mean(.nonzero) | digits(0))|" +
      "\($a | digits(4))|\($d | digits(4))|\(mean(.seconds) | digits(1))"' build/quality/"$chain"/*/"$name.json"
  done
}

# sentences NAME OPTION...: one classifier of sentences, unless it is trained; its result is $folder/NAME.json.
sentences() {
  local name=$1
  shift
  [ ! -s "$folder/$name.json" ] || return 0
  say "sst2, seed $seed: $name"
  mx-train "$@" --data "$sst2/train.tsv" --valid "$sst2/dev.tsv" --seed "$seed" -q -f -o "$folder/$name.mx" \
    >/dev/null 2>"$folder/log" || { cat "$folder/log" >&2; fail "this failed: mx-train $*"; }
  [ "$name" != masked ] || { echo '{}' >"$folder/$name.json"; return 0; }
  mx-infer eval "$folder/$name.mx" --data "$sst2/test.tsv" --json -q >"$folder/result.tmp"
  mv "$folder/result.tmp" "$folder/$name.json"
}

sst2() {
  local sst2=${MX_SST2:-$root/../shared/data/sst2} seed name folder
  [ -r "$sst2/train.tsv" ] || { say "sst2 is left out: there is no $sst2"; return 0; }
  for seed in 1 2 3; do
    folder=build/quality/sst2/$seed
    mkdir -p "$folder"
    sentences direct --config configs/sst2-bert.yaml
    sentences masked --config configs/sst2-masked.yaml
    sentences pretrained --init "$folder/masked.mx" --task classify --no-header --text 1 --label 2 --batch-size 32 --epochs 4 \
      --optimizer adamw --lr 0.001 --weight-decay 0.1 --schedule linear --warmup 100 --clip 1
  done
  {
    echo "sst2|accuracy on the test file|each seed, with its 95 % interval"
    for name in direct pretrained; do
      jq -rs --arg name "$name" 'def digits: . * 1e4 | round / 1e4;
        "\($name)|\(map(.accuracy) | add / length | digits)|" +
        (map("\(.accuracy | digits) (\(.accuracy_interval[0] | digits) to \(.accuracy_interval[1] | digits))") | join(", "))' \
        build/quality/sst2/*/"$name.json"
    done
    awk -f scripts/word_baselines.awk "$sst2/train.tsv" "$sst2/test.tsv" | sed 's/$/|/'
  } | table
  echo
}

# characters NAME CONFIG OPTION...: one language model, unless it is trained; its result is $folder/NAME.json.
characters() {
  local name=$1 config=$2
  shift 2
  [ ! -s "$folder/$name.json" ] || return 0
  say "text: $name"
  mx-train --config "configs/$config" --data "$text" --seed 1 -q -f -o "$folder/$name.mx" --json "$@" >"$folder/result.tmp" 2>"$folder/log" ||
    { cat "$folder/log" >&2; fail "this failed: mx-train --config configs/$config $*"; }
  mv "$folder/result.tmp" "$folder/$name.json"
}

text() {
  local text=${MX_TEXT:-$root/../shared/data/tinyshakespeare.txt} folder=build/quality/text name
  [ -r "$text" ] || { say "text is left out: there is no $text"; return 0; }
  mkdir -p "$folder"
  characters gpt-0.001 char-gpt.yaml --lr 0.001
  characters gpt char-gpt.yaml
  characters llama char-llama.yaml
  characters gpt-bpe-1024 char-gpt.yaml --tokenizer bpe --vocab 1024
  {
    echo "text|parameters|loss of a token|bits per byte|tokens|seconds"
    for name in gpt-0.001 gpt llama gpt-bpe-1024; do
      jq -r --arg name "$name" 'def digits: . * 1e4 | round / 1e4;
        "\($name)|\(.parameters)|\(.valid_loss | digits)|\(.valid_bits_per_byte | digits)|\(.valid_tokens)|\(.seconds | round)"' "$folder/$name.json"
    done
  } | table
  echo
}

compressed() {
  local kind fold folder share name rows training mlp shares shift=()
  [ -r "$images" ] || { say "compressed is left out: MNIST is not in $mnist"; return 0; }
  for kind in plain shifted; do
    shares=(0.97 0.975 0.98 0.985)
    [ $kind = plain ] || { shift=(--augment "shift:1") shares=(0.953 0.96 0.97); }
    for fold in 1 2 3 4 5; do
      chain="compressed, $kind" folder=build/quality/compressed-$kind/$fold
      rows=(--data "$images" --labels "$labels")
      training=("${rows[@]}" --fold "$fold/5" --seed "$fold" --optimizer adamw --batch-size 128 "${shift[@]}")
      mlp=(--model mlp --weight-decay 0.01 --schedule cosine)
      mkdir -p "$folder"
      stage start mx-train "${mlp[@]}" --hidden "300,100" "${training[@]}" --lr 0.001 --epochs 20
      # The best of the rates 0.001 and 0.003.
      stage dense mx-train "${mlp[@]}" --hidden "300,100" "${training[@]}" --lr 0.003 --epochs 80
      stage teacher mx-train "${mlp[@]}" --hidden "1200,800" --dropout 0.5 "${training[@]}" --lr 0.001 --epochs 60
      for share in "${shares[@]}"; do
        stage "pruned-$share" mx-prune "$folder/start.mx" --sparsity "$share" "${training[@]}" --finetune-epochs 60 \
          --lr 0.003 --weight-decay 0.2 --schedule gradual --teacher "$folder/teacher.mx" --temperature 4
        stage "packed-$share" mx-pack "$folder/pruned-$share.mx" --quantize codebook --codebook-size 6 --effort max \
          --calibrate "$images" --labels "$labels" --fold "$fold/5" --calibration-rows 8000 --damping 0.001
      done
    done
    {
      echo "LeNet-300-100, $kind|bytes|times smaller|accuracy|points under dense"
      for name in dense teacher "${shares[@]/#/packed-}"; do
        jq -rs --arg name "$name" --slurpfile dense <(jq -s 'map(.accuracy) | add / length' build/quality/compressed-$kind/*/dense.json) '
          def mean(f): map(f) | add / length;
          mean(.bytes) as $bytes | mean(.accuracy) as $a |
          "\($name)|\($bytes | round)|\(266610 * 40 / $bytes | round / 10)|\($a * 1e4 | round / 1e4)|\(($dense[0] - $a) * 1e4 | round / 100)"' \
          build/quality/compressed-$kind/*/"$name.json"
      done
    } | table
    echo
  done
}

# loss_of MODEL: on what was kept for validation.
loss_of() { mx-infer eval "$1" --data "$folder/../valid.txt" --json -q | jq .loss; }

# nominal_share MODEL BITS: bytes of its maps' codes and scales, in percent of BITS a number and 2 bytes a group.
nominal_share() {
  mx-pack list --json "$1" | jq --argjson bits "$2" '
    [.tensors[] | select(if $bits == 8 then .dtype == "i8" else .group end) | (.shape | .[0] * .[1]) as $n |
      [.bytes, $n * $bits / 8 + if .group then .shape[0] * (.shape[1] / .group | ceil) * 2 else .shape[0] * 4 end]] |
    (map(.[0]) | add) / (map(.[1]) | add) * 100'
}

# increase HOW: "loss before|nats more (lowest to highest)|bytes|% of nominal" of the seeds' $share and $code.
increase() {
  cat "$all"/?/"$share-$code-$1" | awk '
    { d = $1 - $2; more += d; before += $2; bytes += $3; part += $4; if (NR == 1 || d < low) low = d; if (NR == 1 || d > high) high = d }
    END { printf "%.4f|%.5f (%.5f to %.5f)|%.0f|%.1f", before / NR, more / NR, low, high, bytes / NR, part / NR }'
}

# character_models: three of them in $all/SEED, with their loss.
character_models() {
  local text=${MX_TEXT:-$root/../shared/data/tinyshakespeare.txt} seed size
  all=build/quality/quantized
  [ -r "$text" ] || { say "$1 is left out: there is no $text"; return 1; }
  mkdir -p "$all"
  size=$(stat -c %s "$text")
  head -c $((size * 9 / 10)) "$text" >"$all/train.txt"
  tail -c +$((size * 9 / 10 + 1)) "$text" >"$all/valid.txt"
  for seed in 1 2 3; do
    folder=$all/$seed
    mkdir -p "$folder"
    [ -s "$folder/dense.mx" ] || { say "$1, seed $seed: training"
      mx-train --config configs/char-gpt.yaml --valid-fraction 0 --data "$all/train.txt" --seed "$seed" -q -f -o "$folder/dense.mx" >/dev/null; }
    [ -s "$folder/dense.loss" ] || loss_of "$folder/dense.mx" >"$folder/dense.loss"
  done
}

# pruned NAME OPTION...: the loss of the seed's model pruned so, in $folder/NAME.loss.
pruned() {
  local name=$1
  shift
  [ ! -s "$folder/$name.loss" ] || return 0
  say "sparse, seed $seed: $name"
  mx-prune "$folder/dense.mx" "$@" --seed "$seed" -q -f -o "$folder/$name.mx" >/dev/null
  loss_of "$folder/$name.mx" >"$folder/$name.loss"
}

# more_than_dense NAME: "nats more (lowest to highest)" over the seeds.
more_than_dense() {
  paste "$all"/?/"$1.loss" "$all"/?/dense.loss | awk '
    { for (i = 1; i <= NF / 2; ++i) { d = $i - $(i + NF / 2); more += d; ++n; if (n == 1 || d < low) low = d; if (n == 1 || d > high) high = d } }
    END { printf "%.4f (%.4f to %.4f)", more / n, low, high }'
}

sparse() {
  local all seed folder share how options text recovery
  character_models sparse || return 0
  text=$all/train.txt
  for seed in 1 2 3; do
    folder=$all/$seed
    for share in 0.5 0.7 0.8 2:4; do
      options=(--sparsity "$share")
      [[ $share != *:* ]] || options=(--pattern "$share")
      pruned "magnitude-$share" "${options[@]}" --scope layer
      pruned "wanda-$share" "${options[@]}" --criterion wanda --calibrate "$text"
      pruned "published-$share" "${options[@]}" --criterion sparsegpt --refine 0 --calibrate "$text"
      pruned "refined-$share" "${options[@]}" --criterion sparsegpt --calibrate "$text"
    done
    for how in outliers sensitivity; do
      pruned "published-0.7-$how" --sparsity 0.7 --criterion sparsegpt --refine 0 --scope "$how" --calibrate "$text"
      pruned "refined-0.7-$how" --sparsity 0.7 --criterion sparsegpt --scope "$how" --calibrate "$text"
    done
    recovery=(--sparsity 0.7 --criterion sparsegpt --calibrate "$text" --data "$text" --finetune-steps 300 --lr 0.001)
    pruned recovered-labels "${recovery[@]}"
    pruned recovered-mixed "${recovery[@]}" --teacher "$folder/dense.mx" --alpha 0.5
    pruned recovered-taught "${recovery[@]}" --teacher "$folder/dense.mx" --alpha 1
    pruned dense-longer --sparsity 0 --data "$text" --finetune-steps 300 --lr 0.001
  done
  {
    echo "character model, nats more than dense|magnitude|Wanda|SparseGPT|refined"
    for share in 0.5 0.7 0.8 2:4; do
      echo "$share|$(more_than_dense "magnitude-$share")|$(more_than_dense "wanda-$share")|$(more_than_dense "published-$share")|$(more_than_dense "refined-$share")"
    done
    echo "0.7, shares by|uniform|outliers (OWL)|sensitivity|"
    for how in published refined; do
      echo "$how|$(more_than_dense "$how-0.7")|$(more_than_dense "$how-0.7-outliers")|$(more_than_dense "$how-0.7-sensitivity")|"
    done
    echo "0.7 and 300 steps|labels|labels and teacher|teacher|dense, 300 steps more"
    echo "|$(more_than_dense recovered-labels)|$(more_than_dense recovered-mixed)|$(more_than_dense recovered-taught)|$(more_than_dense dense-longer)"
  } | table
  echo
}

# Parts of transformers and neurons that go as a whole, with no fine-tuning.
structures() {
  local all seed fold folder share what options how text sst2=${MX_SST2:-$root/../shared/data/sst2}
  character_models structures || return 0
  text=$all/train.txt
  for seed in 1 2 3; do
    folder=$all/$seed
    for what in heads neurons; do
      pruned "$what-magnitude" --pattern $what --sparsity 0.5
      for how in gradient sparsegpt; do
        pruned "$what-$how" --pattern $what --sparsity 0.5 --criterion $how --calibrate "$text"
      done
    done
    # A student of half the parameters, cut or random, learning from the labels alone: validated four times.
    for how in cut random; do
      [ -s "$folder/auto-$how.jsonl" ] || { say "structures, seed $seed: half of it, $how"
        mx-distill "$folder/dense.mx" --student auto:50% --student-start $how --alpha 0 --data "$text" --valid "$all/valid.txt" --steps 2000 \
          --batch-size 12 --eval-every 500 --optimizer adamw --lr 0.003 --weight-decay 0.1 --schedule cosine --warmup 100 --clip 1 --seed "$seed" \
          --metrics "$folder/metrics.tmp" -q -f -o "$folder/auto-$how.mx" >/dev/null
        mv "$folder/metrics.tmp" "$folder/auto-$how.jsonl"; }
    done
  done
  {
    echo "character model, nats more than dense|magnitude|gates|SparseGPT on structures"
    for what in heads neurons; do
      echo "half of the $what|$(more_than_dense $what-magnitude)|$(more_than_dense $what-gradient)|$(more_than_dense $what-sparsegpt)"
    done
    echo "student of half the parameters, validation loss|500 steps|1000|1500|2000"
    for how in cut random; do
      echo "$how|$(jq -rs 'map(select(.valid_loss)) | group_by(.step) | map(map(.valid_loss) | add / length * 1e4 | round / 1e4) | join("|")' \
        "$all"/?/auto-$how.jsonl)"
    done
  } | table
  echo
  if [ -r "$sst2/train.tsv" ]; then
    for seed in 1 2 3; do
      folder=build/quality/sst2/$seed
      mkdir -p "$folder"
      sentences direct --config configs/sst2-bert.yaml
      [ -s "$folder/half.json" ] || {
        mx-prune "$folder/direct.mx" --pattern heads --sparsity 0.5 --criterion sparsegpt --calibrate "$sst2/train.tsv" -q -f -o "$folder/heads.mx" >/dev/null
        mx-prune "$folder/heads.mx" --pattern neurons --sparsity 0.5 --criterion sparsegpt --calibrate "$sst2/train.tsv" -q -f -o "$folder/half.mx" >/dev/null
        mx-infer compare "$folder/direct.mx" "$folder/half.mx" --data "$sst2/test.tsv" --json -q >"$folder/compare.json"
        mx-infer eval "$folder/half.mx" --data "$sst2/test.tsv" --json -q | jq --slurpfile c "$folder/compare.json" '. + {compare: $c[0]}' >"$folder/result.tmp"
        mv "$folder/result.tmp" "$folder/half.json"
      }
    done
    {
      echo "sst2, half of heads and neurons: seed|accuracy before|after|95 % interval|nats more|95 % interval"
      for seed in 1 2 3; do
        jq -r --arg seed $seed --slurpfile dense "build/quality/sst2/$seed/direct.json" 'def digits: . * 1e4 | round / 1e4;
          "\($seed)|\($dense[0].accuracy | digits)|\(.accuracy | digits)|\(.accuracy_interval[0] | digits) to \(.accuracy_interval[1] | digits)|" +
          "\(.compare.loss_difference | digits)|\(.compare.loss_difference_interval[0] | digits) to \(.compare.loss_difference_interval[1] | digits)"' \
          "build/quality/sst2/$seed/half.json"
      done
    } | table
    echo
  fi
  [ -r "$images" ] || { say "neurons of LeNet-300-100 are left out: MNIST is not in $mnist"; return 0; }
  for fold in 1 2 3 4 5; do
    chain=structures folder=build/quality/structures/$fold
    rows=(--data "$images" --labels "$labels")
    options=(--pattern neurons "${rows[@]}" --fold "$fold/5" --seed "$fold")
    mkdir -p "$folder"
    stage dense mx-train --config configs/mnist-lenet300.yaml "${rows[@]}" --fold "$fold/5" --seed "$fold"
    for share in 0.3 0.6; do
      stage "norm-$share" mx-prune "$folder/dense.mx" "${options[@]}" --sparsity $share --scope layer
      stage "surgeon-$share" mx-prune "$folder/dense.mx" "${options[@]}" --sparsity $share --criterion sparsegpt
      stage "likelihood-$share" mx-prune "$folder/dense.mx" "${options[@]}" --sparsity $share --criterion likelihood
    done
  done
  {
    echo "LeNet-300-100's neurons, no fine-tuning|mean probability of the label|lowest to highest|accuracy"
    for what in dense {norm,surgeon,likelihood}-0.{3,6}; do
      jq -rs --arg what "$what" 'def digits: . * 1e4 | round / 1e4; map(.probability) as $p |
        "\($what)|\($p | add / length | digits)|\($p | min | digits) to \($p | max | digits)|\(map(.accuracy) | add / length | digits)"' \
        build/quality/structures/*/"$what.json"
    done
  } | table
  echo
}

quantized() {
  local all seed folder code share base how options rounded solved
  character_models quantized || return 0
  for seed in 1 2 3; do
    folder=$all/$seed
    for share in 0 0.5 0.7 0.8; do
      base=$folder/sparse-$share.mx
      [ "$share" != 0 ] || base=$folder/dense.mx
      [ -s "$base" ] ||
        mx-prune "$folder/dense.mx" --sparsity "$share" --finetune-steps 300 --lr 0.001 --data "$all/train.txt" --seed "$seed" -q -f -o "$base" >/dev/null
      [ -s "$folder/base-$share.loss" ] || loss_of "$base" >"$folder/base-$share.loss"
      for code in int8 int4 int3 int2; do
        [ "$share" = 0 ] || [[ $code == int[84] ]] || continue
        for how in rounded solved; do
          [ "$(wc -w 2>/dev/null <"$folder/$share-$code-$how")" != 4 ] || continue
          say "quantized, seed $seed: $code, $how, sparsity $share"
          options=(--quantize "$code")
          [ $how = rounded ] || options+=(--calibrate "$all/train.txt")
          mx-pack "$base" "${options[@]}" -q -f -o "$folder/out.mx" >/dev/null
          echo "$(loss_of "$folder/out.mx") $(cat "$folder/base-$share.loss") $(stat -c %s "$folder/out.mx")" \
            "$(nominal_share "$folder/out.mx" "${code#int}")" >"$folder/$share-$code-$how"
        done
      done
    done
  done
  {
    echo "character model|loss before|rounded, nats more|bytes|% of nominal|solved, nats more|bytes|% of nominal"
    for share in 0 0.5 0.7 0.8; do
      for code in int8 int4 int3 int2; do
        [ -e "$all/1/$share-$code-solved" ] || continue
        rounded=$(increase rounded) solved=$(increase solved)
        echo "$code, sparsity $share|${rounded%%|*}|${rounded#*|}|${solved#*|}"
      done
    done
  } | table
  echo
}

# adapted NAME OPTION...: the seed's model gone on with, unless it is there; its result is $folder/NAME.json.
adapted() {
  local name=$1
  shift
  [ ! -s "$folder/$name.json" ] || return 0
  say "lora, seed $seed: $name"
  set -- --init "$folder/base.mx" --data "$all/reviews.txt" --valid "$all/valid.txt" --batch-size 12 --optimizer adamw --weight-decay 0.1 \
    --schedule cosine --warmup 50 --clip 1 --seed "$seed" --threads 1 -q --json "$@"
  mx-train "$@" --dry-run -o "$folder/$name.dry" >"$folder/dry.tmp"
  mx-train "$@" -f -o "$folder/$name.mx" | jq --slurpfile dry "$folder/dry.tmp" '. + {memory: $dry[0].memory_bytes}' >"$folder/result.tmp"
  mv "$folder/result.tmp" "$folder/$name.json"
}

lora() {
  local text=${MX_TEXT:-$root/../shared/data/tinyshakespeare.txt} sst2=${MX_SST2:-$root/../shared/data/sst2} all=build/quality/lora
  local seed folder rate kind
  [ -r "$text" ] || { say "lora is left out: there is no $text"; return 0; }
  [ -r "$sst2/train.tsv" ] || { say "lora is left out: there is no $sst2"; return 0; }
  mkdir -p "$all"
  head -c $(($(stat -c %s "$text") / 2)) "$text" >"$all/half.txt"
  cut -f 1 "$sst2/train.tsv" | tr -cd "a-z .,;:'!?\n-" | tee >(sed -n '0~10p' >"$all/valid.txt") | sed '0~10d' >"$all/reviews.txt"
  for seed in 1 2 3; do
    folder=$all/$seed
    mkdir -p "$folder"
    [ -s "$folder/base.mx" ] || { say "lora, seed $seed: the base"
      mx-train --config configs/char-gpt.yaml --data "$all/half.txt" --seed "$seed" --threads 1 -q -f -o "$folder/base.mx" >/dev/null; }
    [ -s "$folder/base.json" ] || mx-infer eval "$folder/base.mx" --data "$all/valid.txt" --json -q >"$folder/base.json"
    for rate in 0.001 0.002 0.004; do adapted "whole-$rate" --steps 500 --lr "$rate"; done
    for rate in 0.004 0.008 0.016; do adapted "adapter-$rate" --steps 500 --lr "$rate" --lora 8; done
  done
  {
    echo "character model, other text|loss (lowest to highest)|parameters|bytes|ms a step|memory, MB"
    echo "as it was|$(jq -rs 'map(.loss) | sort | map(. * 1e4 | round / 1e4) | "\(.[1]) (\(.[0]) to \(.[2]))"' "$all"/?/base.json)"
    for kind in whole-{0.001,0.002,0.004} adapter-{0.004,0.008,0.016}; do
      jq -rs --arg name "$kind" 'def median(f): map(f) | sort | .[1]; def digits: . * 1e4 | round / 1e4;
        (map(.valid_loss) | sort) as $l |
        "\($name)|\($l[1] | digits) (\($l[0] | digits) to \($l[2] | digits))|\(.[0].parameters)|\(median(.bytes))|" +
        "\(median(.seconds / .steps) * 1e4 | round / 10)|\(median(.memory) / 1e5 | round / 10)"' "$all"/?/"$kind.json"
    done
  } | table
  echo
}

for chain in "${chains[@]}"; do
  case $chain in
    text | sst2 | compressed | quantized | sparse | structures | lora) "$chain"; continue ;;
  esac
  case $chain in
    digits)
      rows=(--data tests/data/digits.csv)
      teacher=(--config configs/digits-mlp.yaml)
      student=(--student configs/digits-small.yaml)
      pruning=(--sparsity 0.8 --schedule gradual --finetune-epochs 60)
      ;;
    lenet)
      rows=(--data "$images" --labels "$labels")
      teacher=(--config configs/mnist-lenet300.yaml)
      student=(--student "auto:25%")
      pruning=(--sparsity 0.8 --schedule gradual --finetune-epochs 10)
      ;;
    cnn)
      rows=(--data "$images" --labels "$labels")
      teacher=(--config configs/mnist-cnn.yaml)
      student=(--student "auto:25%")
      pruning=(--sparsity 0.8 --schedule gradual --finetune-epochs 10)
      ;;
    *) fail "there is no chain '$chain'" "usage: scripts/quality.sh [digits | lenet | cnn | text | sst2 | compressed | quantized | sparse | structures | lora]..." ;;
  esac
  [ "$chain" = digits ] || [ -r "$images" ] || { say "$chain is left out: MNIST is not in $mnist"; continue; }
  for fold in 1 2 3 4 5; do
    folder=build/quality/$chain/$fold
    mkdir -p "$folder"
    run_fold
  done
  summary | table
  echo
done
