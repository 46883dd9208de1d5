# SPDX-License-Identifier: Apache-2.0
"""usage: interop.py COMMAND ARGUMENT...: what scripts/interop.sh measures with other people's programs.

    vectors FOLDER LINES OUT.npy     what sentence-transformers makes of each line
    apart OUT.npy VECTORS.jsonl      the largest cosine distance to mx-infer's --embed, one number
    agreement A.jsonl B.jsonl        Spearman's correlation of the similarities of lines 1 and 2, 3 and 4, ...
    tokens FOLDER LINES OUT.json     ids of each line, as Transformers has them
    draw VOCABULARY ROWS LENGTH OUT.json     ids at random
    logits FOLDER TOKENS.json OUT.npy        what Transformers computes behind each line
    llama FILE.gguf TOKENS.json OUT.npy      what llama.cpp computes
    llama_writes FILE.gguf PROMPTS COUNT     what it writes behind each line with the likeliest tokens, as lines of JSON
    transformers_write FOLDER PROMPTS COUNT  the same
    llama_vectors FILE.gguf LINES OUT.npy    what it makes of each line
    onnx FILE.onnx TOKENS.json OUT.npy       what onnxruntime computes
    differ A.npy B.npy               the largest difference, and how often the likeliest outputs differ
"""
import json
import sys

import numpy as np


def lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def vectors_of(path):
    if path.endswith(".npy"):
        return np.load(path).astype(np.float64)
    return np.array([json.loads(line)["embedding"] for line in lines(path)])


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def vectors(folder, texts, out):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(folder, device="cpu")
    np.save(out, model.encode(lines(texts), batch_size=32, show_progress_bar=False))


def apart(theirs, ours):
    a, b = unit(vectors_of(theirs)), unit(vectors_of(ours))
    assert a.shape == b.shape, (a.shape, b.shape)
    # 1 - cos(a, b), without the cancellation.
    print(f"{np.max(np.sum((a - b) ** 2, axis=1)) / 2:.2g}")


def ranks(values):
    order = np.argsort(values, kind="stable")
    out = np.empty(len(values))
    out[order] = np.arange(len(values))
    return out


def agreement(one, other):
    a, b = (np.sum(v[0::2] * v[1::2], axis=1) for v in (unit(vectors_of(one)), unit(vectors_of(other))))
    print(f"{np.corrcoef(ranks(a), ranks(b))[0, 1]:.4f}")


def tokens(folder, texts, out):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    with open(out, "w", encoding="utf-8") as file:
        json.dump([tokenizer(line)["input_ids"] for line in lines(texts)], file)


def draw(vocabulary, rows, length, out):
    ids = np.random.default_rng(1).integers(0, int(vocabulary), (int(rows), int(length)))
    with open(out, "w", encoding="utf-8") as file:
        json.dump(ids.tolist(), file)


def logits(folder, ids, out):
    import torch
    import transformers

    kind = transformers.AutoConfig.from_pretrained(folder).architectures[0]
    model = getattr(transformers, kind).from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        rows = [model(input_ids=torch.tensor([one])).logits[0] for one in json.load(open(ids, encoding="utf-8"))]
    np.save(out, np.array([(row if row.ndim == 1 else row[-1]).numpy() for row in rows]))


def llama_contexts(path):
    from cyllama.llama import llama_cpp

    class Model(llama_cpp.LlamaModel):
        @property
        def n_vocab(self):  # what the package asks for, and does not have
            return self.get_vocab().n_vocab

    class Context(llama_cpp.LlamaContext):
        def logits_behind(self, ids, seen=0):
            self.decode(llama_cpp.llama_batch_get_one(ids, seen))
            return np.array(self.get_logits_ith(-1))

    model = Model(path, llama_cpp.LlamaModelParams(), verbose=False)
    settings = llama_cpp.LlamaContextParams()
    settings.n_ctx = 512
    settings.type_k = settings.type_v = 0  # f32: llama.cpp rounds keys and values to 16 bits otherwise
    settings.flash_attn_type = 0
    return model.get_vocab(), lambda: Context(model, settings, verbose=False)


def llama(path, ids, out):
    _, context = llama_contexts(path)
    np.save(out, np.array([context().logits_behind(one) for one in json.load(open(ids, encoding="utf-8"))]))


def llama_writes(path, prompts, count):
    vocabulary, context = llama_contexts(path)
    for prompt in lines(prompts):
        own, ids = context(), vocabulary.tokenize(prompt, True, False)
        written = [int(own.logits_behind(ids).argmax())]
        while len(written) < int(count) and not vocabulary.is_eog(written[-1]):
            written.append(int(own.logits_behind(written[-1:], len(ids) + len(written) - 1).argmax()))
        print(json.dumps("".join(vocabulary.token_to_piece(token, 0, False) for token in written if not vocabulary.is_eog(token))))


def transformers_write(folder, prompts, count):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder, dtype="float32")
    for prompt in lines(prompts):
        ids = tokenizer(prompt, return_tensors="pt")
        written = model.generate(**ids, max_new_tokens=int(count), do_sample=False)[0][ids["input_ids"].shape[1]:]
        print(json.dumps(tokenizer.decode(written, skip_special_tokens=True)))


def llama_vectors(path, texts, out):
    from cyllama.llama import llama_cpp

    model = llama_cpp.LlamaModel(path, llama_cpp.LlamaModelParams(), verbose=False)
    settings = llama_cpp.LlamaContextParams()
    settings.n_ctx = settings.n_batch = settings.n_ubatch = 512
    settings.embeddings = True
    settings.flash_attn_type = 0
    settings.pooling_type = 0  # none: the package gives the vectors of tokens alone, whose mean is taken here
    vocabulary, rows = model.get_vocab(), []
    for line in lines(texts):
        context = llama_cpp.LlamaContext(model, settings, verbose=False)
        ids = vocabulary.tokenize(line, True, False)
        batch = llama_cpp.LlamaBatch(n_tokens=512, embd=0, n_seq_max=1)
        for i, token in enumerate(ids):
            batch.add(token, i, [0], True)
        context.decode(batch)
        rows.append(np.mean([context.get_embeddings_ith(i) for i in range(len(ids))], axis=0))
    np.save(out, np.array(rows))


def onnx(path, ids, out):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    rows = []
    for one in json.load(open(ids, encoding="utf-8")):
        found = session.run(None, {"input_ids": np.array([one], np.int64), "attention_mask": np.ones((1, len(one)), np.int64)})[0][0]
        rows.append(found if found.ndim == 1 else found[-1])
    np.save(out, np.array(rows))


def differ(one, other):
    a, b = np.load(one), np.load(other)
    assert a.shape == b.shape, (a.shape, b.shape)
    print(f"{np.max(np.abs(a - b)):.2g} {np.mean(a.argmax(1) != b.argmax(1)):.2g}")


globals()[sys.argv[1]](*sys.argv[2:])
