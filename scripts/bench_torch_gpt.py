#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# usage: bench_torch_gpt.py LAYERS HEADS DIM CONTEXT VOCAB BATCH STEPS THREADS [fp32|bf16]
#
# Trains a network of GPT-2's shape on random tokens with PyTorch, eager, as a user would write it: fused AdamW,
# scaled_dot_product_attention, the head tied to the embedding. Prints milliseconds per step (the median).
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

layers, heads, dim, context, vocab, batch, steps, threads = map(int, sys.argv[1:9])
bf16 = "bf16" in sys.argv[9:]
torch.manual_seed(1)
torch.set_num_threads(threads)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (p.view(b, t, heads, -1).transpose(1, 2) for p in self.qkv(self.norm1(x)).split(dim, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, dim))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, dim), nn.Embedding(context, dim)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, vocab, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


model = Gpt()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
times = []
for step in range(steps):
    ids = torch.randint(vocab, (batch, context + 1))
    start = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        logits = model(ids[:, :-1])
        loss = F.cross_entropy(logits.view(-1, vocab), ids[:, 1:].reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    loss.item()
    times.append(time.perf_counter() - start)
times.sort()
print(f"{times[len(times) // 2] * 1000:.2f}")
