#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# usage: bench_torch_kd.py TEACHER_LAYERS TEACHER_HEADS TEACHER_DIM LAYERS HEADS DIM CONTEXT VOCAB BATCH STEPS THREADS
#
# Distils a network of GPT-2's shape from another on random tokens with PyTorch, eager, as a user would write it: the
# teacher without gradients, KL divergence and cross-entropy nine to one, fused AdamW. Prints milliseconds per step (the
# median) and the process' peak memory in kilobytes.
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

t_layers, t_heads, t_dim, layers, heads, dim, context, vocab, batch, steps, threads = map(int, sys.argv[1:12])
torch.manual_seed(1)
torch.set_num_threads(threads)


class Layer(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (p.view(b, t, self.heads, -1).transpose(1, 2) for p in self.qkv(self.norm1(x)).split(d, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, d))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, layers, heads, dim):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, dim), nn.Embedding(context, dim)
        self.layers = nn.ModuleList(Layer(dim, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, vocab, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


teacher, student = Gpt(t_layers, t_heads, t_dim).eval(), Gpt(layers, heads, dim)
optimizer = torch.optim.AdamW(student.parameters(), lr=1e-3, fused=True)
times = []
for step in range(steps):
    ids = torch.randint(vocab, (batch, context + 1))
    start = time.perf_counter()
    with torch.no_grad():
        target = F.log_softmax(teacher(ids[:, :-1]).view(-1, vocab), -1)
    logits = student(ids[:, :-1]).view(-1, vocab)
    soft = F.kl_div(F.log_softmax(logits, -1), target, reduction="batchmean", log_target=True)
    loss = 0.9 * soft + 0.1 * F.cross_entropy(logits, ids[:, 1:].reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(student.parameters(), 1.0)
    optimizer.step()
    loss.item()
    times.append(time.perf_counter() - start)
times.sort()
print(f"{times[len(times) // 2] * 1000:.2f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}")
