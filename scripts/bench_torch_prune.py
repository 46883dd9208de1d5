#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# usage: bench_torch_prune.py sparsegpt|wanda MODEL.safetensors HEADS TEXT WINDOWS SPARSITY THREADS [PRUNED.safetensors]
#        bench_torch_prune.py magnitude MODEL.safetensors SPARSITY THREADS [PRUNED.safetensors]
#
# Prunes a language model of GPT-2's shape, exported by mx-pack, with PyTorch as the papers' code does it: SparseGPT
# (blocks of 128 columns, damping 0.01) or Wanda (row by row, norms of inputs), layer after layer and map after map, each
# on what the maps before it, pruned already, give it; every map is run once. Magnitude is global_unstructured with
# L1Unstructured. Of TEXT, which the model was trained on, the first windows of its context are read by characters. Prints seconds, megabytes at the peak
# and, beside PRUNED.safetensors (of mx-prune, the same work), the share of the weights that both remove or both keep.
import resource
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file


def cholesky_of_inverse(moments, damping=0.01):
    h = moments.clone()
    h.diagonal().add_(damping * torch.mean(torch.diag(h)))
    return torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(h)), upper=True)


def sparsegpt(weight, moments, sparsity, blocksize=128):
    w, h = weight.clone(), moments
    dead = torch.diag(h) == 0
    h[dead, dead] = 1
    w[:, dead] = 0
    hinv = cholesky_of_inverse(h)
    for begin in range(0, w.shape[1], blocksize):
        end = min(begin + blocksize, w.shape[1])
        w1, inv1 = w[:, begin:end].clone(), hinv[begin:end, begin:end]
        q1, errors = torch.zeros_like(w1), torch.zeros_like(w1)
        scores = w1**2 / torch.diag(inv1).reshape(1, -1) ** 2
        threshold = torch.sort(scores.flatten())[0][int(scores.numel() * sparsity)]
        gone = scores <= threshold
        for i in range(end - begin):
            column, d = w1[:, i], inv1[i, i]
            q = column.clone()
            q[gone[:, i]] = 0
            q1[:, i] = q
            error = (column - q) / d
            w1[:, i:] -= error.unsqueeze(1).matmul(inv1[i, i:].unsqueeze(0))
            errors[:, i] = error
        w[:, begin:end] = q1
        w[:, end:] -= errors.matmul(hinv[begin:end, end:])
    return w


def wanda(weight, squares, sparsity):
    scores = weight.abs() * torch.sqrt(squares).reshape(1, -1)
    gone = torch.sort(scores, dim=-1, stable=True)[1][:, : int(weight.shape[1] * sparsity)]
    return weight.scatter(1, gone, 0)


@torch.no_grad()
def layer_by_layer(method, model, heads, text, windows, sparsity):
    context, dim = model["embed.positions"].shape
    ids = {c: i for i, c in enumerate(sorted(set(text)))}
    tokens = torch.tensor([ids[c] for c in text[: windows * context]]).view(windows, context)
    x = model["embed.tokens"][tokens] + model["embed.positions"]
    layers = 1 + max(int(name.split(".")[0]) for name in model if name[0].isdigit())

    def prune(inputs, *names):
        # As in the papers' code, every map adds up its own moments, window by window.
        for name in names:
            if method == "wanda":
                squares, seen = torch.zeros(inputs.shape[-1]), 0
                for one in inputs:
                    squares = squares * (seen / (seen + 1)) + one.norm(p=2, dim=0) ** 2 / (seen + 1)
                    seen += 1
                model[name] = wanda(model[name], squares, sparsity)
                continue
            moments, seen = torch.zeros(inputs.shape[-1], inputs.shape[-1]), 0
            for one in inputs:
                moments *= seen / (seen + 1)
                seen += 1
                scaled = (2 / seen) ** 0.5 * one.t()
                moments += scaled.matmul(scaled.t())
            model[name] = sparsegpt(model[name], moments, sparsity)

    def norm(x, name):
        return F.layer_norm(x, (dim,), model[name + ".weight"], model[name + ".bias"])

    def linear(x, name):
        return F.linear(x, model[name], model[name + "_bias"])

    def split(x):
        return x.view(x.shape[0], context, heads, -1).transpose(1, 2)

    for i in range(layers):
        at, ff = f"{i}.attn.", f"{i}.ff."
        inside = norm(x, f"{i}.norm1")
        prune(inside, at + "query", at + "key", at + "value")
        q, k, v = (split(linear(inside, at + name)) for name in ("query", "key", "value"))
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(x.shape)
        prune(seen, at + "output")
        x = x + linear(seen, at + "output")
        inside = norm(x, f"{i}.norm2")
        prune(inside, ff + "up")
        inside = F.gelu(linear(inside, ff + "up"), approximate="tanh")
        prune(inside, ff + "down")
        x = x + linear(inside, ff + "down")


def magnitude(model, sparsity):
    from torch.nn.utils import prune

    maps = []
    for name, values in model.items():
        if values.dim() == 2 and "embed" not in name:
            maps.append((torch.nn.Module(), name))
            maps[-1][0].register_parameter("weight", torch.nn.Parameter(values))
    begin = time.time()
    prune.global_unstructured([(m, "weight") for m, _ in maps], prune.L1Unstructured, amount=sparsity)
    seconds = time.time() - begin
    for module, name in maps:
        model[name] = module.weight.detach()
    return seconds


method, path = sys.argv[1:3]
model = load_file(path)
if method == "magnitude":
    sparsity, threads, rest = float(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]
    torch.set_num_threads(threads)
    seconds = magnitude(model, sparsity)
else:
    heads, windows, sparsity, threads = int(sys.argv[3]), int(sys.argv[5]), float(sys.argv[6]), int(sys.argv[7])
    with open(sys.argv[4], encoding="utf-8") as file:
        text = file.read()
    torch.set_num_threads(threads)
    rest = sys.argv[8:]
    begin = time.time()
    layer_by_layer(method, model, heads, text, windows, sparsity)
    seconds = time.time() - begin
print(f"{seconds:.2f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}", end="")
if rest:
    same = numbers = 0
    for name, values in load_file(rest[0]).items():
        if values.dim() != 2 or "embed" in name:
            continue
        same += torch.sum((values == 0) == (model[name] == 0)).item()
        numbers += values.numel()
    print(f" {same / numbers:.6f}", end="")
print()
