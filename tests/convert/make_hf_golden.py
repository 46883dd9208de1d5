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
    "bert-sentence": t.BertModel(t.BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=2,
                                              num_attention_heads=4, intermediate_size=48, max_position_embeddings=24)),
}
ids = torch.tensor([[3, 17, 39, 0, 5, 5, 21, 8, 30, 11]])
golden = {"ids": ids[0].tolist(), "logits": {}, "variants": {}}


def make(name, model):
    """Larger numbers than at the start, so that every part counts; saved, and its logits of the last token kept."""
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data += 0.1 * torch.randn_like(parameter)
        else:
            parameter.data *= 5
        parameter.data = parameter.data.to(torch.float16).float()  # alone: what positions turn by stays as it is
    model = model.eval()
    if name != "bert-sentence":
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
    if name == "bert-sentence":  # as sentence-transformers: the mean over the tokens, to length 1
        with torch.no_grad():
            means = [model.float()(torch.tensor([bert.encode(line).ids])).last_hidden_state[0].mean(0) for line in lines]
        golden["embeddings"] = [torch.nn.functional.normalize(m, dim=0).tolist() for m in means]
    if name == "bert-classifier":
        with torch.no_grad():
            rows = [model.float()(torch.tensor([bert.encode(line).ids])).logits.softmax(-1)[0] for line in lines]
        golden["classified"] = [[model.config.id2label[int(p.argmax())], round(float(p.max()), 4)] for p in rows]
    for other in set(os.listdir(path)) - {"config.json", "model.safetensors"}:
        os.remove(f"{path}/{other}")


for name, model in models.items():
    make(name, model)
encoder = dict(vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48)
distil = dict(vocab_size=40, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=24)
younger = {
    "qwen3": t.Qwen3ForCausalLM(t.Qwen3Config(**llama, head_dim=16, use_sliding_window=False)),
    "phi3": t.Phi3ForCausalLM(t.Phi3Config(**llama, pad_token_id=0)),
    "roberta": t.RobertaForMaskedLM(t.RobertaConfig(**encoder, max_position_embeddings=26, type_vocab_size=1)),
    "roberta-classifier": t.RobertaForSequenceClassification(
        t.RobertaConfig(**encoder, max_position_embeddings=26, type_vocab_size=1, num_labels=3)),
    "distilbert": t.DistilBertForMaskedLM(t.DistilBertConfig(**distil)),
    "distilbert-classifier": t.DistilBertForSequenceClassification(t.DistilBertConfig(**distil, num_labels=3)),
}
for name, model in younger.items():
    make(name, model)
models |= younger

# The same tensors with positions that are stretched: configs beside them.
stretched = {
    "linear": dict(rope_type="linear", factor=4.0),
    "llama3": dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=12),
    "yarn": dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=6),
    "longrope": dict(rope_type="longrope", short_factor=[1.0, 1.1, 1.5, 2.5], long_factor=[1.0, 2.0, 4.0, 8.0],
                     original_max_position_embeddings=12),
    # Only a part of each head turns.
    "partial": dict(rope_type="default", partial_rotary_factor=0.5),
    "partial-longrope": dict(rope_type="longrope", partial_rotary_factor=0.5, short_factor=[1.0, 1.5], long_factor=[1.0, 2.0],
                             original_max_position_embeddings=12),
}
for name, parameters in stretched.items():
    base = "phi3" if "longrope" in name or "partial" in name else "llama"
    config = t.AutoConfig.from_pretrained(f"{folder}/{base}")
    config.rope_parameters = {"rope_theta": 500000.0} | parameters
    if "longrope" in name:
        config.original_max_position_embeddings = 12
    model = type(models[base])(config).float().eval()
    model.load_state_dict(models[base].state_dict())
    with torch.no_grad():
        logits = model(ids).logits[0, -1]
    golden["variants"][name] = {"model": base, "config": config.to_diff_dict(), "logits": logits.tolist()}
    again = torch.tensor(golden["logits"][base])
    assert (logits - again).abs().max() > 1e-2, name
gpt.save(f"{folder}/gpt2/tokenizer.json")
bert.save(f"{folder}/bert-classifier/tokenizer.json")
bert.save(f"{folder}/bert-sentence/tokenizer.json")
golden["lines"] = lines
kinds = ["Transformer", "Pooling", "Normalize"]
os.makedirs(f"{folder}/bert-sentence/1_Pooling", exist_ok=True)
for path, value in (
    ("modules.json", [{"idx": i, "name": str(i), "path": f"{i}_{kind}" if i else "", "type": f"sentence_transformers.models.{kind}"}
                      for i, kind in enumerate(kinds)]),
    ("1_Pooling/config.json", {"word_embedding_dimension": 32, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}),
    ("sentence_bert_config.json", {"max_seq_length": 20, "do_lower_case": False}),
):
    with open(f"{folder}/bert-sentence/{path}", "w", encoding="utf-8") as out:
        json.dump(value, out)
with open(f"{folder}/logits.json", "w", encoding="utf-8") as out:
    json.dump(golden, out)

# The same as GGUF, by the names that llama.cpp's own package has for them. Its converter turns the rows of llama's queries
# and keys from halves to pairs, and GPT-2's maps to [outputs, inputs]. What Transformers reads out of these files (it knows
# no bert in GGUF) has the logits of the models they were made from, or this script fails.
import gguf  # noqa: E402
import numpy as np  # noqa: E402


def write_gguf(file, architecture, model, rope_factors=None):
    config = model.config
    writer = gguf.GGUFWriter(f"{folder}/{file}.gguf", architecture)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.n_inner or 4 * config.n_embd if architecture == "gpt2" else config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    if architecture in ("gpt2", "bert"):
        writer.add_layer_norm_eps(config.layer_norm_epsilon if architecture == "gpt2" else config.layer_norm_eps)
    else:
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if architecture == "bert":
        writer.add_causal_attention(False)
        writer.add_pooling_type(gguf.PoolingType.MEAN)
    if architecture == "qwen3":
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    names = gguf.get_tensor_name_map(next(a for a, n in gguf.MODEL_ARCH_NAMES.items() if n == architecture), config.num_hidden_layers)
    if rope_factors is not None:
        writer.add_tensor("rope_freqs.weight", rope_factors)
    tied = getattr(config, "tie_word_embeddings", False)
    for key, tensor in model.state_dict().items():
        if key.startswith("pooler.") or key.endswith("position_ids") or (tied and key == "lm_head.weight"):
            continue
        value = tensor.numpy()
        if architecture == "llama" and ("q_proj" in key or "k_proj" in key):
            heads = config.num_attention_heads if "q_proj" in key else config.num_key_value_heads
            value = value.reshape(heads, 2, value.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(value.shape)
        if architecture == "gpt2" and ".c_" in key and value.ndim == 2:
            value = value.T
        own = names.get_name(key, try_suffixes=(".weight", ".bias"))
        short = value.ndim > 1 and not own.startswith(("position_embd.", "token_types."))
        writer.add_tensor(own, np.ascontiguousarray(value.astype(np.float16) if short else value))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


for name in ("llama", "qwen2", "qwen3", "gpt2"):
    write_gguf(name, name, models[name].float())
    with torch.no_grad():
        again = type(models[name]).from_pretrained(folder, gguf_file=f"{name}.gguf", config=models[name].config,
                                                     dtype=torch.float32)(ids).logits[0, -1]
    apart = float((again - torch.tensor(golden["logits"][name])).abs().max())
    assert apart < 1e-3, (name, apart)
write_gguf("bert", "bert", models["bert-sentence"].float())
plain = 500000.0 ** (-np.arange(0, 8, 2) / 8)
config = t.LlamaConfig.from_dict(golden["variants"]["llama3"]["config"])
llama3 = t.LlamaForCausalLM(config)
llama3.load_state_dict(models["llama"].state_dict())
write_gguf("llama3", "llama", llama3, (plain / llama3.model.rotary_emb.inv_freq.numpy()).astype(np.float32))
