# SPDX-License-Identifier: Apache-2.0
# timeout: 120
cp -r "$MX_SOURCE/tests/convert/golden/hf" .
for model in llama llama-tied mistral qwen2 gpt2 bert bert-classifier; do
  mx-pack import hf/$model --license Apache-2.0 -q -o $model.mx >said
  mx-pack check $model.mx
  mx-pack info $model.mx --json | jq -c '[.family, .parameters, (.network[0].input.tokens)]'
done
head -n 3 said
mx-pack card llama.mx | grep network
mx-pack lineage llama.mx --json | jq -c '.nodes[0].data | length'
# What the folder says of its licence counts, unless another one is given.
printf -- '---\nlanguage: en\nlicense: llama3.1\n---\n# A model\n' >hf/llama/README.md
mx-pack import hf/llama -o said.mx 2>&1 >/dev/null
mx-pack info said.mx | grep licence
# So it does in any way of YAML; what is no licence is none, and never the file that it names.
echo 'my secret' >secret.txt
for front in "license: 'mit'" 'license: [mit, apache-2.0]' 'license:   # of two
- mit' 'license: other
license_name: llama3.2' 'license: other' "license: $PWD/secret.txt" 'license: secret.txt' 'license: [' 'tags: [a]'; do
  printf -- '---\n%s\n---\n# A model\n' "$front" >hf/llama/README.md
  mx-pack import hf/llama -q -f -o said.mx 2>&1 >/dev/null | grep 'licence is none' | sed "s|$PWD/||" || true
  mx-pack info said.mx --json | jq -r .license
done
grep -q 'my secret' <(mx-pack info said.mx --json) || echo "no secret"
# The whole chain goes on from it: pruned, quantized, exported.
mx-prune llama.mx --sparsity 0.5 --seed 1 -q -o pruned.mx >/dev/null 2>&1 || echo "mx-prune is not built"
mx-pack llama.mx --quantize int8 -q -o int8.mx >/dev/null && mx-pack check int8.mx
# It is made again out of the folder.
mx-pack lineage llama.mx --replay-script >again.sh && rm hf/llama/README.md && bash again.sh --with hf 2>&1 | tail -n 1 | cut -c 1-14
# What cannot be said is refused by its name.
jq '.rope_scaling = {"type": "dynamic", "factor": 2}' hf/llama/config.json >c && mv c hf/llama/config.json
mx-pack import hf/llama -o no.mx 2>&1 || echo "exit $?"
echo '{' >hf/gpt2/config.json; mx-pack import hf/gpt2 -o no.mx 2>&1 || echo "exit $?"
rm hf/bert/config.json; mx-pack import hf/bert --license MIT -o tensors.mx 2>&1
# With the folder's tokenizer the model reads and writes text: the same continuation and the same classes.
cp -rf "$MX_SOURCE/tests/convert/golden/hf" . 2>/dev/null
for model in llama qwen2; do
  mx-pack import hf/$model.gguf --license MIT -q -f -o gguf.mx 2>/dev/null >/dev/null && mx-pack check gguf.mx
  jq -c '[.[].parameters] | unique | length' <(mx-pack info gguf.mx --json; mx-pack info $model.mx --json) -s
done
golden=hf/logits.json
for model in gpt2 bert-classifier; do mx-pack import hf/$model --license MIT -q -f -o $model.mx >/dev/null; done
mx-infer gpt2.mx --prompt "the cat's" --temperature 0 --max-tokens 8 2>/dev/null | head -c 200 | od -An -tx1 | tr -d ' \n' >wrote
jq -r .continuation $golden | tr -d '\n' | cmp - <(head -c "$(jq -r '.continuation | length' $golden)" wrote) && echo "the same continuation"
printf '%s\n' "the cat sat on the mat" "the dog ate the cat's hat" "that is that" "a hat, a cat, a mat!" | mx-infer bert-classifier.mx --input text - 2>/dev/null |
  jq -s -c 'map([.prediction, ((.probability * 10000 | round) / 10000)])' | cmp - <(jq -c .classified $golden) && echo "the same classes"
sed -i 's/ByteLevel/Metaspace/' hf/gpt2/tokenizer.json
mx-pack import hf/gpt2 --license MIT -q -f -o gpt2.mx 2>&1 >/dev/null
