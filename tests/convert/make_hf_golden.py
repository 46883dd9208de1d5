# SPDX-License-Identifier: Apache-2.0
"""usage: python3 make_hf_golden.py FOLDER

Tiny random models of Transformers (5.x), saved in 16 bits as it saves them, with the logits that it computes in 32 bits:
golden files of the importer.
"""
import json
import os
import shutil
import sys

import torch
import transformers as t

folder = sys.argv[1]
torch.manual_seed(1)
llama = dict(vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=24)
models = {
    "llama": t.LlamaForCausalLM(t.LlamaConfig(**llama, tie_word_embeddings=False)),
    "llama-tied": t.LlamaForCausalLM(t.LlamaConfig(**llama, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
                                                   head_dim=16)),
    "mistral": t.MistralForCausalLM(t.MistralConfig(**llama, sliding_window=None)),
    "qwen2": t.Qwen2ForCausalLM(t.Qwen2Config(**llama, use_sliding_window=False)),
    "gpt2": t.GPT2LMHeadModel(t.GPT2Config(vocab_size=40, n_positions=24, n_embd=32, n_layer=2, n_head=4)),
    "bert": t.BertForMaskedLM(t.BertConfig(vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                                           intermediate_size=48, max_position_embeddings=24)),
    "bert-classifier": t.BertForSequenceClassification(t.BertConfig(
        vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=24, num_labels=3)),
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
    for other in set(os.listdir(path)) - {"config.json", "model.safetensors"}:
        os.remove(f"{path}/{other}")
with open(f"{folder}/logits.json", "w", encoding="utf-8") as out:
    json.dump(golden, out)
