# SPDX-License-Identifier: Apache-2.0
"""usage: python3 make_pytorch_golden.py FOLDER

What torch.save (PyTorch 2.11) writes of small tensors, with their bytes in pytorch.json: golden files of the importer.
"""
import collections
import json
import sys

import torch

folder = sys.argv[1]
torch.manual_seed(1)
shared = torch.arange(24, dtype=torch.float32)
model = torch.nn.Sequential(torch.nn.Linear(10, 20), torch.nn.ReLU(), torch.nn.BatchNorm1d(20), torch.nn.Linear(20, 10))
tutorial = torch.nn.Sequential(torch.nn.Linear(10, 20), torch.nn.ReLU(), torch.nn.Linear(20, 10))
files = {
    "model.pth": tutorial.state_dict(),
    "mlp.pth": model.state_dict(),
    "views.pt": {
        "whole": shared.reshape(4, 6),
        "turned": shared.reshape(4, 6).T,
        "some": shared[5:17].reshape(3, 4)[:, ::2],
        "again": shared.expand(3, 24)[:1],
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "none": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.ones(2)),
    },
    "types.pt": collections.OrderedDict(
        (str(dtype).removeprefix("torch."), torch.arange(5).to(dtype))
        for dtype in (torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool,
                      torch.uint16, torch.float8_e4m3fn, torch.float8_e5m2)
    ),
    "old.pt": {
        "whole": shared.reshape(4, 6),
        "turned": shared.reshape(4, 6).T,
        "narrow": torch.arange(5).to(torch.bfloat16),
        "more": {"scalar": torch.tensor(2.5, dtype=torch.float64), "none": torch.zeros(0, 3), "parameter": torch.nn.Parameter(torch.ones(2))},
    },
    "checkpoint.pt": {
        "epoch": 3,
        "model": model.state_dict(),
        "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999)}]},
        "best": None,
        "done": True,
    },
}


def flat(value, name=""):
    if isinstance(value, torch.Tensor):
        raw = value.detach().contiguous()
        yield name, {"dtype": str(raw.dtype).removeprefix("torch."), "shape": list(raw.shape),
                     "bytes": raw.flatten().view(torch.uint8).numpy().tobytes().hex() if raw.numel() else ""}
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, f"{name}.{key}" if name else str(key))


golden = {}
for file, value in files.items():
    torch.save(value, f"{folder}/{file}", _use_new_zipfile_serialization=not file.startswith("old"))
    golden[file] = dict(flat(value["model"] if file == "checkpoint.pt" else value))
with open(f"{folder}/pytorch.json", "w", encoding="utf-8") as out:
    json.dump(golden, out, indent=1)
