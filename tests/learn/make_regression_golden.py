# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/regression-*: what PyTorch gets from given first weights.

Linear 10 -> 20 -> 10 without activation, mean squared error over all elements, SGD 0.01, 1000
epochs over the rows as one batch. Written: the rows (CSV), the first and the last
weights (npz, and in the JSON). Run: python make_regression_golden.py OUTPUT_FOLDER
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch

folder = Path(sys.argv[1])
random = np.random.default_rng(20)
rows, inputs, hidden, outputs = 64, 10, 20, 10
x = random.standard_normal((rows, inputs)).astype(np.float32).round(4)
y = (x @ random.standard_normal((inputs, outputs)) / 3 + 0.1 * random.standard_normal((rows, outputs)))
y = y.astype(np.float32).round(4)

torch.manual_seed(20)
torch.set_num_threads(1)
net = torch.nn.Sequential(torch.nn.Linear(inputs, hidden), torch.nn.Linear(hidden, outputs))
names = ["0.weight", "0.bias", "head.weight", "head.bias"]


def numbers():
    return {n: p.detach().numpy().copy() for n, p in zip(names, net.parameters())}


first = numbers()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
loss_function = torch.nn.MSELoss()
losses = []
for _ in range(1000):
    optimizer.zero_grad()
    loss = loss_function(net(torch.from_numpy(x)), torch.from_numpy(y))
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

header = [f"x{i + 1}" for i in range(inputs)] + [f"y{i + 1}" for i in range(outputs)]
lines = [",".join(header)]
lines += [",".join(f"{v:.4f}" for v in row) for row in np.concatenate([x, y], 1)]
(folder / "regression-rows.csv").write_text("\n".join(lines) + "\n")
np.savez(folder / "regression-first.npz", **first)
np.savez(folder / "regression-last.npz", **numbers())
flat = lambda weights: {n: [float(f"{v:.9g}") for v in a.ravel()] for n, a in weights.items()}
golden = {"torch": torch.__version__, "first_loss": losses[0], "last_loss": losses[-1],
          "first": flat(first), "last": flat(numbers())}
(folder / "regression.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
