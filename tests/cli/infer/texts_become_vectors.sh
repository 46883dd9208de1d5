# SPDX-License-Identifier: Apache-2.0
cp -r "$MX_SOURCE/tests/convert/golden/hf" .
mx-pack import hf/bert-sentence --license MIT -q -o s.mx >/dev/null
mx-pack info s.mx --json | jq -c '[.network[0].input.tokens, .tokenizer.tokens, .schema]'
jq -r '.lines[]' hf/logits.json >lines.txt
mx-infer s.mx --embed lines.txt >vectors.jsonl
# The vectors that sentence-transformers would give: their largest difference to it.
jq -n -c --slurpfile own vectors.jsonl --slurpfile golden hf/logits.json \
  '[range($own | length) as $i | range(32) as $k | ($own[$i].embedding[$k] - $golden[0].embeddings[$i][$k]) | fabs] | max < 1e-5'
jq -c '.embedding | [length, (map(. * .) | add | . * 1000 | round)]' vectors.jsonl | uniq -c | sed 's/^ *//'
# JSON lines, a pipe, a line that is none, and one that is empty.
printf '{"text": "the cat sat on the mat"}\nthe cat sat on the mat\n{"word": 1}\n' | mx-infer s.mx --embed - 2>err | jq -c 'if .error then .error else (.embedding | length) end' || true
cat err
mx-infer s.mx --embed lines.txt --threads 2 | cmp - vectors.jsonl && echo "the same for two threads"
# Of classifiers and language models what is in front of the head.
for model in bert-classifier gpt2; do
  mx-pack import hf/$model --license MIT -q -o m.mx -f >/dev/null
  mx-infer m.mx --embed lines.txt | jq -c '.embedding | length' | uniq
done
mx-pack import hf/llama --license MIT -q -o l.mx >/dev/null 2>&1
mx-infer l.mx --embed lines.txt 2>&1 || echo "exit $?"
mx-infer s.mx lines.txt 2>&1 || echo "exit $?"
mx-infer s.mx --embed --top 3 lines.txt 2>&1 || echo "exit $?"
jq '.pooling_mode_max_tokens = true' hf/bert-sentence/1_Pooling/config.json >c && mv c hf/bert-sentence/1_Pooling/config.json
mx-pack import hf/bert-sentence -o no.mx 2>&1 || echo "exit $?"
rm hf/bert-sentence/modules.json; mx-pack import hf/bert-sentence --license MIT -o no.mx 2>&1 || echo "exit $?"
