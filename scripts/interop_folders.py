# SPDX-License-Identifier: Apache-2.0
"""usage: interop_folders.py FOLDER: tiny models of Transformers in folders as model hubs have them, for scripts/interop.sh.

Each has the config keys and the tensors' names of a model that many use (its published config.json and state_dict, but for
the sizes): TensorFlow's names of layer norms, masks and heads beside the model, missing prefixes, notes of all kinds. Beside
FOLDER/NAME stands NAME.npy, what Transformers computes for the last of the ids in FOLDER/ids.json.
"""
import json
import os
import sys

import numpy as np
import torch
import transformers
from safetensors.torch import save_file

folder = sys.argv[1]
torch.manual_seed(1)
IDS = [5, 17, 100, 33, 8, 60, 77, 2]
WIDE = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, vocab_size=120)
GPT = dict(n_embd=32, n_head=4, n_layer=2, vocab_size=120, n_positions=64, n_ctx=64)
DISTIL = dict(dim=32, hidden_dim=64, n_heads=4, n_layers=2, vocab_size=120)
bert = dict(model_type="bert", attention_probs_dropout_prob=0.1, hidden_act="gelu", hidden_dropout_prob=0.1, initializer_range=0.02,
            max_position_embeddings=512, type_vocab_size=2, **WIDE)
roberta = dict(model_type="roberta", attention_probs_dropout_prob=0.1, bos_token_id=0, eos_token_id=2, hidden_act="gelu",
               hidden_dropout_prob=0.1, initializer_range=0.02, layer_norm_eps=1e-5, max_position_embeddings=66, pad_token_id=1,
               type_vocab_size=1, **WIDE)
distil = dict(model_type="distilbert", activation="gelu", attention_dropout=0.1, dropout=0.1, initializer_range=0.02,
              max_position_embeddings=512, pad_token_id=0, qa_dropout=0.1, seq_classif_dropout=0.2, sinusoidal_pos_embds=False,
              tie_weights_=True, **DISTIL)
gpt = dict(model_type="gpt2", activation_function="gelu_new", attn_pdrop=0.1, bos_token_id=119, embd_pdrop=0.1, eos_token_id=119,
           initializer_range=0.02, layer_norm_epsilon=1e-5, resid_pdrop=0.1, summary_activation=None, summary_first_dropout=0.1,
           summary_proj_to_labels=True, summary_type="cls_index", summary_use_proj=True,
           task_specific_params={"text-generation": {"do_sample": True, "max_length": 50}}, **GPT)
decoder = dict(attention_dropout=0.0, bos_token_id=1, eos_token_id=2, hidden_act="silu", initializer_range=0.02,
               max_position_embeddings=64, num_key_value_heads=2, rms_norm_eps=1e-5, torch_dtype="bfloat16", use_cache=True, **WIDE)
llama = dict(decoder, model_type="llama", pretraining_tp=1, rope_scaling=None)
phi = dict(decoder, model_type="phi3", attention_bias=False, auto_map={"AutoConfig": "configuration_phi3.Phi3Config"}, embd_pdrop=0.0,
           original_max_position_embeddings=64, pad_token_id=100, resid_pdrop=0.0, rope_scaling=None, rope_theta=10000.0,
           sliding_window=31, tie_word_embeddings=False)
longrope = dict(rope_scaling={"long_factor": [1.1, 1.2, 1.3, 1.4], "short_factor": [1.0, 1.0, 1.1, 1.2], "type": "longrope"},
                original_max_position_embeddings=16)
qwen = dict(decoder, max_window_layers=21, rope_theta=1000000.0, use_sliding_window=False, tie_word_embeddings=True)

# Name: config, class, and what is done to its tensors.
MODELS = {
    "bert-base-uncased": (dict(bert, gradient_checkpointing=False, layer_norm_eps=1e-12, pad_token_id=0,
                               position_embedding_type="absolute", use_cache=True), "BertForPreTraining", "gamma"),
    "bert-base-chinese": (dict(bert, directionality="bidi", pooler_fc_size=768, pooler_num_attention_heads=12, pooler_num_fc_layers=3,
                               pooler_size_per_head=128, pooler_type="first_token_transform", pad_token_id=0), "BertForPreTraining", "gamma"),
    "bert-of-2019": (bert, "BertForPreTraining", "gamma bin"),
    "distilbert-sst2": (dict(distil, finetuning_task="sst-2", id2label={"0": "NEGATIVE", "1": "POSITIVE"},
                             label2id={"NEGATIVE": 0, "POSITIVE": 1}, output_past=True), "DistilBertForSequenceClassification", ""),
    "distilbert-base": (distil, "DistilBertForMaskedLM", ""),
    "gpt2": (gpt, "GPT2LMHeadModel", "bare"),
    "distilgpt2": (dict(gpt, _num_labels=1, id2label={"0": "LABEL_0"}, label2id={"LABEL_0": 0}), "GPT2LMHeadModel", "masks"),
    "roberta-base": (roberta, "RobertaForMaskedLM", "pooler positions"),
    "xlm-roberta-base": (dict(roberta, model_type="xlm-roberta", output_past=True, position_embedding_type="absolute"),
                         "XLMRobertaForMaskedLM", "pooler positions"),
    "camembert-base": (dict(roberta, model_type="camembert", output_past=True), "CamembertForMaskedLM", ""),
    "twitter-roberta": (dict(roberta, classifier_dropout=None, gradient_checkpointing=False,
                             id2label={"0": "negative", "1": "neutral", "2": "positive"},
                             label2id={"negative": 0, "neutral": 1, "positive": 2}), "RobertaForSequenceClassification", "positions"),
    "mistral-7b": (dict(decoder, model_type="mistral", rope_theta=10000.0, sliding_window=32, tie_word_embeddings=False),
                   "MistralForCausalLM", ""),
    "phi-3-mini-4k": (phi, "Phi3ForCausalLM", ""),
    "phi-3.5-mini": (dict(phi, sliding_window=262144) | longrope, "Phi3ForCausalLM", ""),
    "phi-4-mini": (dict(phi, full_attn_mod=1, interpolate_factor=1, lm_head_bias=False, mlp_bias=False, partial_rotary_factor=0.5,
                        original_max_position_embeddings=16, tie_word_embeddings=True,
                        rope_scaling={"long_factor": [1.1, 1.2], "short_factor": [1.0, 1.0], "type": "longrope"}), "Phi3ForCausalLM", ""),
    "qwen2.5": (dict(qwen, model_type="qwen2", sliding_window=32, use_mrope=False), "Qwen2ForCausalLM", ""),
    "qwen3": (dict(qwen, model_type="qwen3", attention_bias=False, head_dim=16, rope_scaling=None, sliding_window=None),
              "Qwen3ForCausalLM", ""),
    "smollm2": (dict(llama, attention_bias=False, is_llama_config=True, mlp_bias=False, rope_interleaved=False, rope_theta=100000,
                     tie_word_embeddings=True, **{"transformers.js_config": {"kv_cache_dtype": {"fp16": "float16"}}}),
                "LlamaForCausalLM", ""),
    "llama-3.2": (dict(llama, eos_token_id=[2, 3, 4], head_dim=8, tie_word_embeddings=True, rope_theta=500000.0, rope_scaling={
        "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 16, "rope_type": "llama3"}),
        "LlamaForCausalLM", ""),
    "llama-2": (dict(llama, tie_word_embeddings=False), "LlamaForCausalLM", "speeds"),
    "vicuna": (dict(llama, max_sequence_length=64, pad_token_id=0, tie_word_embeddings=False), "LlamaForCausalLM", "speeds bin"),
}
HEADS = ("lm_head.weight", "cls.predictions.decoder.weight", "lm_head.decoder.weight", "vocab_projector.weight")


def write(name, config, kind, how):
    known = {key: value for key, value in config.items() if key not in ("model_type", "auto_map")}
    model = getattr(transformers, kind)(transformers.AutoConfig.for_model(config["model_type"], **known)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
        out = model(input_ids=torch.tensor([IDS]))
    logits = out.prediction_logits if kind == "BertForPreTraining" else out.logits
    np.save(f"{folder}/{name}.npy", (logits[:, -1] if logits.dim() == 3 else logits).numpy())
    tensors = {key: value.clone() for key, value in model.state_dict().items()}
    if config.get("tie_word_embeddings", True):
        tensors = {key: value for key, value in tensors.items() if key not in HEADS}
    if "gamma" in how:
        tensors = {key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
                   for key, value in tensors.items() if key != "cls.predictions.decoder.bias"}
        tensors["cls.predictions.decoder.weight"] = tensors["bert.embeddings.word_embeddings.weight"].clone()
    if "bare" in how:
        tensors = {key.removeprefix("transformer."): value for key, value in tensors.items()}
    for layer in range(2):
        if "bare" in how or "masks" in how:
            prefix = "" if "bare" in how else "transformer."
            tensors[f"{prefix}h.{layer}.attn.bias"] = torch.tril(torch.ones(1, 1, 64, 64))
            tensors[f"{prefix}h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
        if "speeds" in how:
            tensors[f"model.layers.{layer}.self_attn.rotary_emb.inv_freq"] = torch.rand(4)
    if "pooler" in how:
        tensors |= {"roberta.pooler.dense.weight": torch.randn(32, 32), "roberta.pooler.dense.bias": torch.randn(32)}
    if "positions" in how:
        tensors["roberta.embeddings.position_ids"] = torch.arange(66)[None]
    os.makedirs(f"{folder}/{name}", exist_ok=True)
    if "bin" in how:
        torch.save(tensors, f"{folder}/{name}/pytorch_model.bin", _use_new_zipfile_serialization=False)
    else:
        save_file({key: value.contiguous() for key, value in tensors.items()}, f"{folder}/{name}/model.safetensors")
    with open(f"{folder}/{name}/config.json", "w", encoding="utf-8") as file:
        json.dump(config | {"architectures": [kind], "transformers_version": "4.40.0"}, file, indent=1)


for name, (config, kind, how) in MODELS.items():
    write(name, config, kind, how)
with open(f"{folder}/ids.json", "w", encoding="utf-8") as out:
    json.dump([IDS], out)
