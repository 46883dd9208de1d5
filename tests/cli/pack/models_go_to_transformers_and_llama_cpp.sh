# SPDX-License-Identifier: Apache-2.0
# timeout: 120
cp -r "$MX_SOURCE/tests/convert/golden/hf" .
for model in llama llama-tied mistral qwen2 qwen3 phi3 gpt2 bert bert-classifier bert-sentence roberta distilbert distilbert-classifier; do
  mx-pack import hf/$model --license Apache-2.0 --owner 'Some Lab' -q -o m.mx >/dev/null 2>&1
  mx-pack export m.mx --to hf -o $model
  jq -r '[.model_type, .architectures[0], .dtype] | join(" ")' $model/config.json
  # The licence goes along in README.md.
  mx-pack import $model -q -o again.mx >/dev/null 2>&1
  [ "$(mx-pack info again.mx --json | jq -r .license)" = Apache-2.0 ]
  mx-pack diff m.mx again.mx --json | jq -c '[.network, .tensors]' | grep -vxF '[true,[]]' || true
  rm m.mx again.mx
done
find bert-sentence -type f | sort
jq -c 'map(.type)' bert-sentence/modules.json
for model in llama qwen3 gpt2 bert-sentence; do
  mx-pack import hf/$model --license MIT -q -o m.mx >/dev/null 2>&1
  mx-pack export m.mx -o m.gguf
  mx-pack import m.gguf -q -o again.mx >/dev/null 2>&1
  # But for how long sentences may be, which GGUF does not say beside the positions there are.
  cmp <(mx-pack info m.mx --json | jq '.network[1:]') <(mx-pack info again.mx --json | jq '.network[1:]')
  mx-pack export m.mx --type q8_0 -o small.gguf
  [ "$(stat -c %s small.gguf)" -lt "$(stat -c %s m.gguf)" ]
  rm m.mx again.mx m.gguf small.gguf
done
mx-pack import hf/llama --license MIT -q -o m.mx >/dev/null 2>&1
# From a pipe, and to one.
cat m.mx | mx-pack export - --to gguf -o - | cmp - <(mx-pack export m.mx --to gguf -o -) && echo "the same from a pipe"
# A folder that is there is written into when -f says so, and its other files stay.
mkdir folder && mx-pack export m.mx --to hf -o folder
echo mine >folder/mine
mx-pack export m.mx --to hf -o folder || echo "exit $?"
mx-pack export m.mx --to hf -f -o folder && cat folder/mine
mx-pack export m.mx --to gguf -o folder || echo "exit $?"
mx-pack export m.mx --to hf -o - || echo "exit $?"
mx-pack export m.mx --to npz --type f16 -o m.npz || echo "exit $?"
mx-pack import hf/bert --license MIT -q -o bert.mx >/dev/null 2>&1
mx-pack export bert.mx -o bert.gguf || echo "exit $?"
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack export "$FIXTURES/digits.mx" --to hf -o digits || echo "exit $?"
ls -d digits bert.gguf 2>&1 || true
# What is cut unevenly fits none of them.
mx-prune m.mx --pattern neurons --criterion magnitude --scope global --sparsity 0.3 --seed 1 -q -o cut.mx >/dev/null
mx-pack export cut.mx --to hf -o cut || echo "exit $?"
mx-prune m.mx --pattern neurons --criterion magnitude --scope layer --sparsity 0.3 --seed 1 -q -o even.mx >/dev/null
mx-pack export even.mx --to hf -o even && jq .intermediate_size even/config.json
# How conversations are written goes along: from a folder, through the chain, to GGUF and back.
echo '{"chat_template": [{"name": "tools", "template": "no"}, {"name": "default", "template": "{{ messages }}"}]}' >hf/gpt2/tokenizer_config.json
mx-pack import hf/gpt2 --license MIT -q -o chat.mx >/dev/null
mx-pack chat.mx --quantize int8 -q -o small.mx >/dev/null
mx-pack export small.mx --to hf -q -o chat && jq -r .chat_template chat/tokenizer_config.json
mx-pack export small.mx -q -o chat.gguf
mx-pack import chat.gguf -q -f -o chat.mx >/dev/null
mx-pack export chat.mx --to hf -q -o back && jq -r .chat_template back/tokenizer_config.json
echo '{{ of the file }}' >hf/gpt2/chat_template.jinja
mx-pack import hf/gpt2 --license MIT -q -f -o chat.mx >/dev/null && mx-pack info chat.mx --json | jq -r .chat_template
