# SPDX-License-Identifier: Apache-2.0
"""Writes golden.json: small networks, their weights, inputs and PyTorch's outputs.

usage: python3 make_golden.py > golden.json    (needs torch; made with 2.11 on a CPU,
the networks on tokens with 2.15)

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


def rotated(x, base):
    """Rotary positions on [rows, heads, time, size]; pairs are number i of each half."""
    size = x.shape[-1]
    speed = base ** (-torch.arange(0, size, 2).double() / size)
    angle = torch.outer(torch.arange(x.shape[-2]).double(), speed)
    turn = torch.polar(torch.ones_like(angle), angle)
    y = torch.complex(*x.double().chunk(2, -1)) * turn
    return torch.cat([y.real, y.imag], -1).float()


class Tokens:
    """Runs a network on rows of ids, making each weight when it is first asked for."""

    def __init__(self, ids):
        self.ids, self.real, self.weights = ids, ids >= 0, {}

    def weight(self, name, *shape):
        if name not in self.weights:
            self.weights[name] = grid(*shape)
        return self.weights[name]

    def map(self, x, name, outputs, bias):
        weight = self.weight(name, outputs, x.shape[-1])
        return nn.functional.linear(x, weight, self.weight(name + "_bias", outputs) if bias else None)

    def attention(self, x, block):
        name, size, bias = block["name"], block["head_dim"], block.get("bias", True)
        groups = block["heads"] // block["kv_heads"]
        parts = []
        for role, heads in (("query", block["heads"]), ("key", block["kv_heads"]), ("value", block["kv_heads"])):
            part = self.map(x, f"{name}.{role}", heads * size, bias)
            part = part.unflatten(-1, (heads, size)).transpose(1, 2)
            if block.get("rope", 0) > 0 and role != "value":
                part = rotated(part, block["rope"])
            parts.append(part if role == "query" else part.repeat_interleave(groups, 1))
        mask = self.real[:, None, None, :].expand(-1, 1, x.shape[1], -1)
        if block.get("causal", True):
            mask = mask.tril()
        mask = mask | torch.eye(x.shape[1], dtype=torch.bool)
        seen = nn.functional.scaled_dot_product_attention(*parts, attn_mask=mask)
        seen = seen.transpose(1, 2).flatten(2)
        return self.map(seen, name + ".output", block["dim"], block.get("output_bias", True))

    def step(self, x, kind, block):
        name = block["name"] if kind not in ("residual", "token_pool", "activation") else ""
        if kind == "residual":
            y = x
            for item in block:
                ((inner, fields),) = item.items()
                y = self.step(y, inner, fields)
            return x + y
        if kind == "embedding":
            x = self.weight(name + ".tokens", block["vocab"], block["dim"])[self.ids.clamp(min=0)]
            if "positions" in block:
                x = x + self.weight(name + ".positions", block["positions"], block["dim"])
            if "types" in block:
                x = x + self.weight(name + ".types", block["types"], block["dim"])[0]
            return x
        if kind == "attention":
            return self.attention(x, block)
        if kind == "feedforward":
            act = module_of("activation", {"kind": block["activation"]})
            bias, hidden = block.get("bias", True), block["hidden"]
            up = self.map(x, name + ".up", hidden, bias)
            wide = act(self.map(x, name + ".gate", hidden, bias)) * up if block.get("gated") else act(up)
            return self.map(wide, name + ".down", block["dim"], bias)
        if kind == "token_pool":
            if block["kind"] == "first":
                return x[:, 0]
            real = self.real[..., None].float()
            return (x * real).sum(1) / real.sum(1)
        if kind == "rmsnorm":
            eps, size = block.get("eps", 1e-5), [block["dim"]]
            return nn.functional.rms_norm(x, size, self.weight(name + ".weight", *size), eps)
        if kind == "layernorm":
            eps, size = block.get("eps", 1e-5), [block["dim"]]
            weight, bias = self.weight(name + ".weight", *size), self.weight(name + ".bias", *size)
            return nn.functional.layer_norm(x, size, weight, bias, eps)
        if kind == "linear":
            weight = self.weight(block.get("tied", name + ".weight"), block["out"], block["in"])
            bias = self.weight(name + ".bias", block["out"]) if block.get("bias", True) else None
            return nn.functional.linear(x, weight, bias)
        return module_of(kind, block)(x)


def make_tokens(name, network, lengths):
    context = network[0]["input"]["tokens"]
    vocab = network[1]["embedding"]["vocab"]
    ids = torch.full((len(lengths), context), -1)
    for row, length in enumerate(lengths):
        ids[row, :length] = torch.randint(0, vocab, (length,))
    run, y = Tokens(ids), None
    for item in network[1:]:
        ((kind, block),) = item.items()
        y = run.step(y, kind, block)
    if y.dim() == 3:  # nothing stands behind padding
        y = y * run.real[..., None]
    return {
        "name": name,
        "network": network,
        "weights": {key: value.flatten().tolist() for key, value in run.weights.items()},
        "rows": len(lengths),
        "x": ids.flatten().tolist(),
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


def tokens_of(vocab, **more):
    return [{"input": {"tokens": 6}}, {"embedding": {"name": "embed", "vocab": vocab, "dim": 8, **more}}]


def attention(**more):
    return {"attention": {"name": "a", "dim": 8, "heads": 4, "kv_heads": 4, "head_dim": 2, **more}}


def feedforward(**more):
    return {"feedforward": {"name": "f", "dim": 8, "hidden": 12, **more}}


def residual(*blocks):
    return {"residual": list(blocks)}


BARE = {"bias": False}
ENCODER = [
    *tokens_of(11, positions=6, types=2),
    norm("layernorm", "e.norm", 8, eps=1e-12),
    residual(attention(causal=False)),
    norm("layernorm", "n1", 8, eps=1e-12),
    residual(feedforward(activation="gelu")),
    norm("layernorm", "n2", 8, eps=1e-12),
]
TOKEN_CASES = [
    (
        "gpt",
        [
            *tokens_of(11, positions=6),
            residual(norm("layernorm", "n1", 8), attention()),
            residual(norm("layernorm", "n2", 8), feedforward(activation="gelu_tanh")),
            norm("layernorm", "n", 8),
            linear("head", 8, 11, tied="embed.tokens", **BARE),
        ],
    ),
    (
        "llama with grouped queries",
        [
            *tokens_of(11),
            residual(
                norm("rmsnorm", "n1", 8),
                attention(kv_heads=2, rope=10000.0, output_bias=False, **BARE),
            ),
            residual(norm("rmsnorm", "n2", 8), feedforward(activation="silu", gated=True, **BARE)),
            norm("rmsnorm", "n", 8),
            linear("head", 8, 11, **BARE),
        ],
    ),
    (
        "bert",
        [
            *ENCODER,
            linear("transform", 8, 8),
            act("gelu"),
            norm("layernorm", "t.norm", 8, eps=1e-12),
            linear("head", 8, 11, tied="embed.tokens"),
        ],
    ),
    (
        "bert with the first token pooled",
        [*ENCODER, {"token_pool": {"kind": "first"}}, linear("pooler", 8, 8), act("tanh"), linear("head", 8, 3)],
    ),
    (
        "the mean of the tokens",
        [
            *tokens_of(11),
            residual(norm("rmsnorm", "n1", 8), attention(kv_heads=1, rope=100.0)),
            {"token_pool": {"kind": "mean"}},
            linear("head", 8, 3),
        ],
    ),
]

torch.manual_seed(1)
with torch.no_grad():
    cases = [make(*case) for case in CASES]
    cases += [make_tokens(*case, [6, 4, 1]) for case in TOKEN_CASES]
print("[" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "]")
