# SPDX-License-Identifier: Apache-2.0
"""usage: python3 make_hf_golden.py FOLDER

Tiny random models of Transformers (5.x), saved in 16 bits as it saves them, with the logits that it computes in 32 bits:
golden files of the importer.
"""
import json
import os
import shutil
import sys

import tokenizers
import torch
import transformers as t

folder = sys.argv[1]
torch.manual_seed(1)
llama = dict(vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=24)

# Tokenizers of their own: bytes with a few merges, and BERT's words out of letters.
lines = ["the cat sat on the mat", "the dog ate the cat's hat", "that is that", "a hat, a cat, a mat!"]
gpt = tokenizers.ByteLevelBPETokenizer()
gpt.train_from_iterator(lines, vocab_size=280, special_tokens=["<|endoftext|>"], show_progress=False)
letters = "abcdefghijklmnopqrstuvwxyz.,!'"
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + c for c in letters), "the", "cat", "##at"]
bert = tokenizers.BertWordPieceTokenizer(vocab={w: i for i, w in enumerate(words)}, lowercase=True)
# GPT-2's alphabet: characters that stand for bytes.
printing = [*range(33, 127), *range(161, 173), *range(174, 256)]
alphabet = {chr(b): b for b in printing} | {chr(256 + i): b for i, b in enumerate(b for b in range(256) if b not in printing)}


def token_bytes(number):
    return bytes(alphabet.get(c, 63) for c in gpt.id_to_token(number))


models = {
    "llama": t.LlamaForCausalLM(t.LlamaConfig(**llama, tie_word_embeddings=False)),
    "llama-tied": t.LlamaForCausalLM(t.LlamaConfig(**llama, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
                                                   head_dim=16)),
    "mistral": t.MistralForCausalLM(t.MistralConfig(**llama, sliding_window=None)),
    "qwen2": t.Qwen2ForCausalLM(t.Qwen2Config(**llama, use_sliding_window=False)),
    "gpt2": t.GPT2LMHeadModel(t.GPT2Config(vocab_size=gpt.get_vocab_size(), n_positions=24, n_embd=32, n_layer=2, n_head=4)),
    "bert": t.BertForMaskedLM(t.BertConfig(vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                                           intermediate_size=48, max_position_embeddings=24)),
    "bert-classifier": t.BertForSequenceClassification(t.BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=24, id2label={0: "cat", 1: "dog", 2: "hat"})),
}
ids = torch.tensor([[3, 17, 39, 0, 5, 5, 21, 8, 30, 11]])
golden = {"ids": ids[0].tolist(), "logits": {}}
for name, model in models.items():
    for parameter in model.parameters():  # larger than at the start, so that every part counts
        if parameter.dim() == 1:
            parameter.data += 0.1 * torch.randn_like(parameter)
        else:
            parameter.data *= 5
    model = model.to(torch.float16).float().eval()
    with torch.no_grad():
        logits = model(ids).logits[0]
    golden["logits"][name] = logits.flatten().tolist() if logits.dim() == 1 else logits[-1].tolist()
    path = f"{folder}/{name}"
    shutil.rmtree(path, ignore_errors=True)
    model.to(torch.float16).save_pretrained(path)
    if name == "gpt2":
        prompt = torch.tensor([gpt.encode("the cat's").ids])
        made = model.float().generate(prompt, max_new_tokens=8, do_sample=False, pad_token_id=0, eos_token_id=None)
        written = b"".join(token_bytes(i) for i in made[0, prompt.shape[1]:].tolist())
        golden["continuation"] = written.decode(errors="replace").encode().hex()
    if name == "bert-classifier":
        with torch.no_grad():
            rows = [model.float()(torch.tensor([bert.encode(line).ids])).logits.softmax(-1)[0] for line in lines]
        golden["classified"] = [[model.config.id2label[int(p.argmax())], round(float(p.max()), 4)] for p in rows]
    for other in set(os.listdir(path)) - {"config.json", "model.safetensors"}:
        os.remove(f"{path}/{other}")
gpt.save(f"{folder}/gpt2/tokenizer.json")
bert.save(f"{folder}/bert-classifier/tokenizer.json")
with open(f"{folder}/logits.json", "w", encoding="utf-8") as out:
    json.dump(golden, out)
