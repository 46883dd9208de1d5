# SPDX-License-Identifier: Apache-2.0
command -v mx-train >/dev/null || { echo 'mx-train is not built'; exit 77; }
awk 'BEGIN {
  print "id,review,sense"
  split("good fine great lovely", yes); split("bad dull poor awful", no)
  for (i = 0; i < 400; ++i) { w = i % 2 ? yes[i % 4 + 1] : no[i % 4 + 1]; print i ",\"a " w " film, number " i % 9 "\"," (i % 2 ? "yes" : "no") }
}' >reviews.csv
common=(--data reviews.csv --text review --seed 1 --threads 1 -q)
small=(--layers 1 --heads 2 --dim 16 --context 12)
right() { mx-infer eval "$1" --data reviews.csv -q --json | jq -c '[.task, .n, .accuracy > 0.95]'; }

# --label says that the task is to classify.
mx-train "${common[@]}" --label sense --valid-fraction 0.1 --model bert "${small[@]}" --steps 60 --lr 0.01 -o bert.mx >/dev/null
mx-train "${common[@]}" --label sense --task classify --model gpt --tokenizer char "${small[@]}" --steps 100 --lr 0.01 -o gpt.mx >/dev/null
right bert.mx
right gpt.mx
mx-pack info bert.mx | grep 'text in'

# After masked pretraining, the body goes on with another head.
mx-train "${common[@]}" --model bert "${small[@]}" --boundaries rows --steps 30 --lr 0.01 -o masked.mx >/dev/null
mx-train "${common[@]}" --label sense --init masked.mx --task classify --steps 120 --lr 0.003 -o tuned.mx >/dev/null
right tuned.mx
mx-pack lineage tuned.mx --json | jq -c '[.nodes[].operation]'

# Rows by column, or a line each; an answer for each in its place.
printf 'a lovely film\n\na dull film\n' >lines.txt
mx-infer bert.mx lines.txt --output text
echo 'a great film' | mx-infer bert.mx --input text --output text
printf '{"review": "a poor film"}\n{"review": 7}\n' | mx-infer bert.mx --output text

# The rest of the chain.
mx-distill bert.mx --student auto:60% "${common[@]}" --label sense --steps 40 --lr 0.01 -o small.mx >/dev/null
mx-prune small.mx --sparsity 0.5 "${common[@]}" --label sense --finetune-steps 20 -o pruned.mx >/dev/null
mx-pack pruned.mx --quantize int8 --calibrate reviews.csv -q -o packed.mx >/dev/null
mx-infer compare pruned.mx packed.mx --data reviews.csv -q --json | jq -c '[.n, .agreement > 0.95]'

status=0
printf 'a good film\n' | mx-infer bert.mx 2>err || status=$?
echo $status
cat err
