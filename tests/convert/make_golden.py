# SPDX-License-Identifier: Apache-2.0
"""Writes tests/convert/golden/: small files by NumPy, PyTorch and safetensors, and golden.json with
what is in them. Needs numpy 1.26 or 2, torch 2.3 or later, safetensors 0.4 or later.

    python tests/convert/make_golden.py
"""
import json
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent / "golden"
folder.mkdir(exist_ok=True)
golden = {}
NAMES = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16", "int8": "i8",
         "uint8": "u8", "int16": "i16", "uint16": "u16", "int32": "i32", "uint32": "u32",
         "int64": "i64", "uint64": "u64", "bool": "bool", "float8_e4m3fn": "f8_e4m3",
         "float8_e5m2": "f8_e5m2"}


def of_numpy(array):
    return {"dtype": NAMES[array.dtype.name], "shape": list(array.shape),
            "hex": np.ascontiguousarray(array).tobytes().hex()}


def of_torch(tensor):
    raw = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    return {"dtype": NAMES[str(tensor.dtype).removeprefix("torch.")],
            "shape": list(tensor.shape), "hex": raw.hex()}


arrays = {name: (np.arange(6) * 15 - 5 * (not name.startswith("u"))).astype(name).reshape(2, 3)
          for name in ["float32", "float64", "float16", "int8", "uint8", "int16", "uint16",
                       "int32", "uint32", "int64", "uint64"]}
arrays["bool"] = np.array([True, False, True])
arrays["scalar"] = np.array(-1.5, np.float32)
arrays["empty"] = np.zeros((0, 4), np.float32)
arrays["odd"] = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45], np.float32)
arrays["turned"] = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1)
arrays["column_major"] = np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
np.savez(folder / "stored.npz", **arrays)
np.savez_compressed(folder / "deflated.npz", **arrays)
np.save(folder / "array.npy", arrays["column_major"])
golden["stored.npz"] = {name: of_numpy(a) for name, a in arrays.items()}
golden["deflated.npz"] = golden["stored.npz"]
golden["array.npy"] = {"array": of_numpy(arrays["column_major"])}

tensors = {name: (torch.arange(6) * 3 - 4).to(getattr(torch, name)).reshape(3, 2)
           for name in NAMES if name != "bool" and not name.startswith("u")}
tensors |= {name: torch.arange(6).to(getattr(torch, name)).reshape(3, 2)
            for name in NAMES if name.startswith("u")}
tensors["bool"] = torch.tensor([True, False, True])
tensors["scalar"] = torch.tensor(2.5)
tensors["empty"] = torch.zeros(0, 3)
save_file(tensors, folder / "types.safetensors", metadata={"format": "pt", "note": "ä"})
golden["types.safetensors"] = {name: of_torch(t) for name, t in tensors.items()}

torch.manual_seed(0)
model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.ReLU(), torch.nn.Flatten(),
    torch.nn.Linear(72, 4), torch.nn.ReLU(), torch.nn.Linear(4, 4))
save_file(model.state_dict(), folder / "model.safetensors")
golden["model.safetensors"] = {name: of_torch(t) for name, t in model.state_dict().items()}

np.savez(folder / "objects.npz", a=np.array([{"x": 1}, None], dtype=object))
np.save(folder / "records.npy", np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))
np.save(folder / "big_endian.npy", np.arange(3, dtype=">f4"))

with open(folder / "golden.json", "w") as out:
    json.dump(golden, out, indent=0, sort_keys=True)
    out.write("\n")
