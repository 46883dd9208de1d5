# SPDX-License-Identifier: Apache-2.0
# usage: bench_zipnn.py WEIGHTS.safetensors: ZipNN's size in percent of raw, and its GB/s in and out, one thread, in memory.
import json
import struct
import sys
import time

from zipnn import ZipNN

with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    raw = file.read()
types = {entry["dtype"] for name, entry in header.items() if name != "__metadata__" and entry["dtype"] != "I64"}
dtype = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}[types.pop()]
best_in = best_out = 0
for _ in range(5):
    coder = ZipNN(input_format="byte", bytearray_dtype=dtype, threads=1)
    copy = bytes(bytearray(raw))  # it reorders the bytes it is given
    begin = time.perf_counter()
    packed = coder.compress(copy)
    middle = time.perf_counter()
    again = coder.decompress(packed)
    end = time.perf_counter()
    assert bytes(again) == raw
    best_in = max(best_in, len(raw) / (middle - begin))
    best_out = max(best_out, len(raw) / (end - middle))
print(f"{len(packed) / len(raw) * 100:.4f} {best_in / 1e9:.4f} {best_out / 1e9:.4f}")
