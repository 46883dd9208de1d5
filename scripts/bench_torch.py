# SPDX-License-Identifier: Apache-2.0
# The training run of bench.sh as a PyTorch script would do it: prints rows per second. Not needed by anything else.
import csv
import sys
import time

import torch

torch.manual_seed(1)
with open(sys.argv[1], newline="") as file:
    rows = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]
table = torch.tensor(rows)
x, y = table[:, :-1], table[:, -1].long()
x = (x - x.mean(0)) / x.std(0).clamp(min=1e-6)
layers = [torch.nn.Linear(64, 512), torch.nn.ReLU(), torch.nn.Linear(512, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10)]
model = torch.nn.Sequential(*layers)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
epochs = 20
begin = time.perf_counter()
for _ in range(epochs):
    order = torch.randperm(len(x))
    for start in range(0, len(x), 32):
        batch = order[start : start + 32]
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
print(epochs * len(x) / (time.perf_counter() - begin))
