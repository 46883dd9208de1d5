# SPDX-License-Identifier: Apache-2.0
"""usage: python3 make_gguf_golden.py FOLDER

A GGUF file with tensors of every type that is read, written by the gguf package (0.17 or later), and the numbers which that
package says they stand for: golden files of the importer.
"""
import json
import sys

import gguf
import numpy as np

folder = sys.argv[1]
random = np.random.default_rng(1)
types = gguf.GGMLQuantizationType
writer = gguf.GGUFWriter(f"{folder}/types.gguf", "llama")
writer.add_name("Every type")
writer.add_license("mit")
writer.add_block_count(2)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_token_list(["a", "b", "<c>"])
writer.add_token_scores([0.5, 1.5, -1.0])
golden = {}


def add(name, type_, raw, numbers):
    writer.add_tensor(name, raw, raw_dtype=type_)
    golden[name] = {"type": type_.name, "shape": list(numbers.shape), "bytes": np.ascontiguousarray(numbers).tobytes().hex()}


plain = random.standard_normal((3, 32)).astype(np.float32)
add("F32", types.F32, plain, plain)
add("F16", types.F16, plain.astype(np.float16), plain.astype(np.float16))
bf16 = gguf.quants.quantize(plain, types.BF16)
add("BF16", types.BF16, bf16, bf16.view(np.uint16))
add("I32", types.I32, np.arange(6, dtype=np.int32).reshape(2, 3), np.arange(6, dtype=np.int32).reshape(2, 3))
for type_ in (types.Q4_0, types.Q4_1, types.Q5_0, types.Q5_1, types.Q8_0):
    raw = gguf.quants.quantize(random.standard_normal((2, 64)).astype(np.float32), type_)
    add(type_.name, type_, raw, gguf.quants.dequantize(raw, type_))
# That package does not write these: any bytes will do, but for the scales, which are finite.
for type_, size, halves in ((types.Q4_K, 144, (0, 2)), (types.Q5_K, 176, (0, 2)), (types.Q6_K, 210, (208,))):
    raw = random.integers(0, 256, (2, size), dtype=np.uint8)
    for at in halves:
        raw[:, at:at + 2] = np.array([0.01, -0.02], dtype=np.float16).view(np.uint8).reshape(2, 2)
    add(type_.name, type_, raw, gguf.quants.dequantize(raw, type_))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
with open(f"{folder}/gguf.json", "w", encoding="utf-8") as out:
    json.dump(golden, out, indent=1)

# Numbers, and what that package rounds them to.
numbers = random.standard_normal((8, 32)).astype(np.float32)
numbers[1] = 0
numbers[2] *= 1e-8
numbers[3] *= 1e4
numbers[4] = np.float32(2.0) ** random.integers(-30, 15, 32)
numbers[5, ::2], numbers[5, 1::2] = 3.0, -3.0
rounded = {"numbers": numbers.tobytes().hex()}
for type_ in (types.F16, types.BF16, types.Q8_0, types.Q4_0):
    rounded[type_.name] = gguf.quants.quantize(numbers, type_).tobytes().hex()
with open(f"{folder}/gguf_rounded.json", "w", encoding="utf-8") as out:
    json.dump(rounded, out, indent=1)
