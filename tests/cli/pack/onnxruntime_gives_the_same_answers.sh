# SPDX-License-Identifier: Apache-2.0
# timeout: 180
command -v mx-train >/dev/null || { echo 'mx-train is not built'; exit 77; }
[ -d "$MX_JUDGES/onnxruntime" ] || { echo 'the judges are not installed: scripts/setup.sh --tests'; exit 77; }
train() { mx-train --seed 1 --threads 1 -q "$@" >/dev/null; }
infer() { mx-infer --threads 1 "$@" 2>/dev/null; }
# judge MODEL.mx KIND FILES...: exports it and holds what onnxruntime computes against FILES.
judge() {
  local model=$1
  shift
  mx-pack export "$model" -q -o "${model%.mx}.onnx" >/dev/null
  PYTHONPATH=$MX_JUDGES python3 "$MX_SOURCE/tests/cli/onnx_judge.py" "${model%.mx}.onnx" "$@" 2>>apart
}
# rows MODEL.mx CSV: the answers of mx-infer to its rows, and the judge's word on them.
rows() {
  infer "$1" "$2" --top 100 >"$1.answers"
  judge "$1" rows "$2" "$1.answers"
}

# Rows of numbers as they come, scaled in the graph.
digits=$MX_TEST_DATA/digits.csv
train --data "$digits" --hidden 32,16 --epochs 4 --owner 'Some Lab' --license MIT -o mlp.mx
rows mlp.mx "$digits"
mx-pack mlp.mx --quantize int8 -q -o int8.mx >/dev/null
rows int8.mx "$digits"
train --data "$digits" --model cnn --input-shape 1,8,8 --channels 4,8 --hidden 16 --epochs 1 -o cnn.mx
rows cnn.mx "$digits"
PYTHONPATH=$MX_JUDGES python3 - "$digits" <<'PY'
import sys
import numpy as np
rows = np.genfromtxt(sys.argv[1], delimiter=",", skip_header=1)[:500]
np.save("images.npy", np.minimum(255, 16 * rows[:, :64]).astype(np.uint8).reshape(-1, 8, 8))
np.save("labels.npy", rows[:, 64].astype(np.int32))
PY
train --data images.npy --labels labels.npy --model cnn --channels 4,8 --hidden 16 --epochs 1 -o pixels.mx
infer pixels.mx images.npy --top 100 >answers
judge pixels.mx images images.npy answers

# Categories, missing numbers, and targets in units of their own.
awk 'BEGIN {
  print "size,colour,weight,price,kind"
  split("red green blue", colours)
  for (i = 0; i < 300; ++i) {
    size = i * 7919 % 100; weight = i % 11 ? i * 31 % 50 / 10 : ""
    print size "," (i % 13 ? colours[i % 3 + 1] : "") "," weight "," 5000 + 70 * size + 100 * (i % 3) "," (size + i % 3 * 20 > 70 ? "dear" : "cheap")
  }
}' >table.csv
train --data table.csv --label kind --features size,colour,weight --hidden 8 --epochs 20 -o kind.mx
rows kind.mx table.csv
train --data table.csv --task regress --label price --features colour,weight,size --hidden 8 --epochs 20 -o price.mx
rows price.mx table.csv

# Text: padded texts do not touch one another.
awk 'BEGIN {
  print "text,sense"
  split("good fine great lovely", yes); split("bad dull poor awful", no)
  for (i = 0; i < 200; ++i) { w = i % 2 ? yes[i % 4 + 1] : no[i % 4 + 1]; print "a " w " film " i % 9 "," (i % 2 ? "yes" : "no") }
}' >reviews.csv
cut -d, -f1 reviews.csv | tail -n +2 >lines.txt
for model in bert gpt llama; do
  train --data reviews.csv --text text --label sense --task classify --model $model --tokenizer byte --layers 2 --heads 4 --kv-heads 2 --dim 32 --context 24 \
    --steps 30 --lr 0.01 -o $model.mx
  infer $model.mx --input text lines.txt --top 2 >answers
  judge $model.mx bytes lines.txt answers
done
head -c 4000 "$MX_TEST_DATA/CREDITS.md" >text.txt
train --data text.txt --model llama --tokenizer byte --layers 2 --heads 4 --kv-heads 2 --dim 32 --context 64 --steps 40 --lr 0.01 -o lm.mx
head -c 64 text.txt >window.txt
mx-infer eval lm.mx --threads 1 --data window.txt --json -q >answers
judge lm.mx loss window.txt answers
# Heads and neurons that went leave blocks of different sizes.
mx-prune bert.mx --sparsity 0.4 --pattern heads --scope global --seed 1 -q -o narrow.mx >/dev/null
mx-prune narrow.mx --sparsity 0.4 --pattern neurons --scope global --seed 1 -q -o pruned.mx >/dev/null
infer pruned.mx --input text lines.txt --top 2 >answers
judge pruned.mx bytes lines.txt answers

# Models of Transformers give its logits, and vectors of sentences are those of mx-infer.
golden=$MX_SOURCE/tests/convert/golden/hf
for model in $(jq -r '.logits | keys[]' "$golden/logits.json"); do
  mx-pack import "$golden/$model" --license MIT -q -o "hf-$model.mx" >/dev/null 2>&1
  judge "hf-$model.mx" golden "$golden/logits.json" "$model"
done
mx-pack import "$golden/bert-sentence" --license MIT -q -o sentence.mx >/dev/null
printf 'the cat\na cat the cat a cat\nc\n' >texts
infer sentence.mx --embed texts >vectors
judge sentence.mx words "$golden/bert-sentence/tokenizer.json" texts vectors
