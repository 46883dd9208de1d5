# SPDX-License-Identifier: Apache-2.0
# A tokenizer.json of a few kilobytes whose steps would make more than memory holds of a letter.
cp -r "$MX_SOURCE/tests/convert/golden/hf/gpt2" bomb
chmod -R u+w bomb
plain=$MX_SOURCE/tests/convert/golden/hf/gpt2/tokenizer.json
changed() { jq "$1" "$plain" >bomb/tokenizer.json; mx-pack import bomb --license MIT -q -f -o bomb.mx >/dev/null || echo "exit $?"; }
grow='{"type": "Replace", "pattern": {"String": "a"}, "content": ("a" * 1000)}'
added='.added_tokens += [{"id": 269, "content": "a", "special": false, "normalized": true, "single_word": false, "lstrip": false, "rstrip": false}]'
changed ".normalizer = {\"type\": \"Sequence\", \"normalizers\": [range(30) | $grow]} | $added"
changed ".normalizer = {\"type\": \"Sequence\", \"normalizers\": [range(33) | $grow]}"
changed '.pre_tokenizer = {"type": "Sequence", "pretokenizers": ([range(100) | {"type": "Digits", "individual_digits": true}] + [.pre_tokenizer])}'
# Without such a token nothing is done with the steps until a text comes.
changed ".normalizer = {\"type\": \"Sequence\", \"normalizers\": [range(30) | $grow]}"
mx-pack info bomb.mx | grep -c tokenizer
mx-infer bomb.mx --prompt 'a cat' --max-tokens 1 || echo "exit $?"
# In a model file that is whole in every byte.
mx-pack check "$MX_GOLDEN/hostile/steps.mx" || echo "exit $?"
mx-pack doctor "$MX_GOLDEN/hostile/steps.mx" | grep -c '^error *tokenizer' || true
