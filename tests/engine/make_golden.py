# SPDX-License-Identifier: Apache-2.0
"""Writes golden.json: small networks, their weights, inputs and PyTorch's outputs.

usage: python3 make_golden.py > golden.json    (needs torch; made with 2.11 on a CPU)

Weights and inputs are multiples of 1/64, so that they are exact in a few digits.
"""

import json

import torch
from torch import nn

ROLES = {"running_mean": "mean", "running_var": "var"}


def grid(*shape, positive=False):
    values = torch.randint(1 if positive else -64, 65, shape)
    return values.float() / 64


def module_of(kind, block):
    """The torch module of one block of the list."""
    if kind == "linear":
        return nn.Linear(block["in"], block["out"], bias=block.get("bias", True))
    if kind == "conv2d":
        return nn.Conv2d(
            block["in"],
            block["out"],
            block["kernel"],
            stride=block.get("stride", 1),
            padding=block.get("padding", 0),
            bias=block.get("bias", True),
        )
    if kind == "pool2d":
        pool = nn.MaxPool2d if block["kind"] == "max" else nn.AvgPool2d
        return pool(block["size"], block["stride"])
    if kind == "activation":
        return {
            "relu": nn.ReLU(),
            "gelu": nn.GELU(),
            "gelu_tanh": nn.GELU(approximate="tanh"),
            "tanh": nn.Tanh(),
            "silu": nn.SiLU(),
            "none": nn.Identity(),
        }[block["kind"]]
    if kind == "batchnorm":
        norm = nn.BatchNorm2d if block.get("image") else nn.BatchNorm1d
        return norm(block["dim"], eps=block.get("eps", 1e-5))
    if kind == "layernorm":
        return nn.LayerNorm(block["dim"], eps=block.get("eps", 1e-5))
    return nn.Flatten() if kind == "flatten" else nn.Identity()


def make(name, network, rows):
    x = grid(rows, *network[0]["input"]["shape"])
    y, weights = x, {}
    for item in network[1:]:
        ((kind, block),) = item.items()
        image = kind == "batchnorm" and y.dim() == 4
        module = module_of(kind, {**block, "image": image}).eval()
        for key, value in module.state_dict().items():
            if key == "num_batches_tracked":
                continue
            value.copy_(grid(*value.shape, positive=key == "running_var"))
            weights[block["name"] + "." + ROLES.get(key, key)] = value.flatten().tolist()
        if "tied" in block:
            module.weight.data = torch.tensor(weights[block["tied"]]).view_as(module.weight)
            del weights[block["name"] + ".weight"]
        y = module(y)
    return {
        "name": name,
        "network": network,
        "weights": weights,
        "rows": rows,
        "x": x.flatten().tolist(),
        "y": [float(f"{v:.8g}") for v in y.flatten().tolist()],
    }


def linear(name, inputs, outputs, **more):
    return {"linear": {"name": name, "in": inputs, "out": outputs, **more}}


def conv(name, inputs, outputs, kernel, **more):
    return {"conv2d": {"name": name, "in": inputs, "out": outputs, "kernel": kernel, **more}}


def pool(kind, size, stride):
    return {"pool2d": {"kind": kind, "size": size, "stride": stride}}


def norm(kind, name, dim, **more):
    return {kind: {"name": name, "dim": dim, **more}}


def act(kind):
    return {"activation": {"kind": kind}}


def rows_of(*shape):
    return {"input": {"shape": list(shape)}}


FLATTEN = {"flatten": {}}
CASES = [
    ("linear and relu", [rows_of(7), linear("0", 7, 37), act("relu"), linear("head", 37, 5)], 3),
    (
        "every activation",
        [
            rows_of(6),
            linear("0", 6, 19),
            act("gelu"),
            linear("1", 19, 9, bias=False),
            act("gelu_tanh"),
            linear("2", 9, 9),
            act("tanh"),
            linear("3", 9, 9),
            act("silu"),
            act("none"),
            linear("head", 9, 4),
        ],
        3,
    ),
    (
        "tied weights",
        [rows_of(8), linear("0", 8, 8), act("tanh"), linear("1", 8, 8, tied="0.weight")],
        2,
    ),
    (
        "linear on the last of three dimensions",
        [rows_of(2, 3, 5), linear("0", 5, 4), norm("layernorm", "n", 4)],
        2,
    ),
    (
        "convolution with padding, max pool",
        [
            rows_of(2, 7, 9),
            conv("0", 2, 5, 5, padding=2),
            act("relu"),
            pool("max", 2, 2),
            conv("1", 5, 13, 3, bias=False),
            FLATTEN,
            linear("head", 26, 3),
        ],
        2,
    ),
    (
        "stride and average pool",
        [
            rows_of(3, 11, 10),
            conv("0", 3, 4, 3, stride=2, padding=1),
            pool("avg", 2, 2),
            FLATTEN,
            linear("head", 24, 2),
        ],
        2,
    ),
    ("overlapping max pool of three", [rows_of(1, 7, 7), pool("max", 3, 2), FLATTEN], 2),
    (
        "normalizations",
        [
            rows_of(2, 4, 4),
            conv("0", 2, 3, 3),
            norm("batchnorm", "0.norm", 3),
            act("relu"),
            {"dropout": {"rate": 0.5}},
            FLATTEN,
            norm("batchnorm", "1.norm", 12, eps=0.001),
            norm("layernorm", "2.norm", 12, eps=0.01),
        ],
        2,
    ),
]

torch.manual_seed(1)
with torch.no_grad():
    cases = [make(*case) for case in CASES]
print("[" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "]")
