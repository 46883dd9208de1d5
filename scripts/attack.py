# SPDX-License-Identifier: Apache-2.0
"""usage: attack.py BIN FOLDER [NAME...]: hostile files for scripts/attack.sh, each read by every command it is meant for.

Every file has right checksums and lengths; what it holds is wrong, huge or expensive. A command's memory (peak resident,
less that of its --version) and processor time are held against the promise of lib/README.md: a refused file costs at
most twice its size + 64 MiB and 2 s per started MB; an accepted one at most --max-memory.
"""
import base64
import gzip
import hashlib
import io
import json
import os
import resource
import struct
import subprocess
import sys
import time
import zipfile

import xxhash

MB, MIB, GIB = 10**6, 1 << 20, 1 << 30
LIMIT = 512 * MIB  # --max-memory of every command
BIN, FOLDER = sys.argv[1], sys.argv[2]
NAMES = sys.argv[3:]

# The container (lib/file/FORMAT.md).


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def sized(data):
    return varint(len(data)) + data


def xxh3(data, seed=5):
    return xxhash.xxh3_128(data, seed=seed).digest()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-19", "--no-check", f"--stream-size={len(data)}"], input=data, stdout=subprocess.PIPE, check=True).stdout


def packed(data):
    frame = zstd(data)
    return bytes([1]) + varint(len(data)) + sized(frame) if len(frame) < len(data) else bytes([0]) + varint(len(data)) + sized(data)


def directory(tensors):
    """tensors: (name, type byte, shape); written without shared beginnings where they have none."""
    out, before = [varint(len(tensors))], b""
    for name, kind, shape in tensors:
        name = name.encode()
        shared = len(os.path.commonprefix([name, before]))
        out += [varint(shared), sized(name[shared:]), bytes([kind]), varint(len(shape)), *(varint(d) for d in shape)]
        before = name
    return b"".join(out)


def head(kind, facts, tensors, base=None, of_network=False):
    text = facts if isinstance(facts, bytes) else json.dumps(facts, separators=(",", ":")).encode()
    body = bytes([kind, (1 if base else 0) | (2 if of_network else 0)]) + (base or b"") + sized(text)
    body = packed(body + (bytes(tensors) if of_network else directory(tensors)))
    return 1, xxh3(body) + body, 0


def group(*tensors):
    """Small tensors of one part each; a row of the index for each is fact(bytes + 1)."""
    body = varint(len(tensors)) + b"".join(bytes([0]) + data for data in tensors)
    return 2, xxh3(body) + body, len(tensors)


def tail(records=(), probes=b"\0", digests=()):
    body = varint(len(digests)) + b"".join(digests) + packed(json.dumps(list(records), separators=(",", ":")).encode()) + probes
    return 3 + 1, xxh3(body) + body, 0


def container(sections, facts=b"", lengths=None, version=5):
    """facts: the index' rows of tensors. lengths: what the index says of each section, where it lies."""
    out, index = bytearray(b"\x8dMX\r\n\x1a\n\0" + varint(version)), [varint(len(sections))]
    for number, (kind, body, count) in enumerate(sections):
        section = bytes([kind]) + sized(body)
        out += section
        length = (lengths or {}).get(number, len(section))
        index += [bytes([kind]), varint(length), hashlib.sha256(section).digest(), varint(count) if kind == 2 else b""]
    body = b"".join(index) + facts
    return bytes(out) + bytes([5]) + sized(body) + xxh3(body, 0) + struct.pack("<I", len(body)) + b"\x8dEND"


def fact(size, codec=0, nonzero=0):
    return bytes([codec]) + varint(size) + varint(nonzero)


# Names of parts of networks.


def linear(name, inputs, outputs):
    return {"linear": {"name": name, "in": inputs, "out": outputs}}


def zeros(sizes):
    """Tensors of these bytes, all zero: in groups of at most 256 KiB."""
    groups, free = [], 0
    for size in sizes:
        if not groups or size > free:
            groups.append([])
            free = 256 << 10
        groups[-1].append(bytes(size))
        free -= size
    return [group(*g) for g in groups]


def model(network, sizes, records=(), digests=(), outputs=0, **facts):
    """A model whose tensors, of these bytes, are all zero; with two probes where `outputs` of a row are known."""
    probes = bytes([2]) + 2 * (b"\1" + bytes(4 * outputs)) if outputs else b"\0"
    parts = [head(0, {"family": "mlp", "network": network, **facts}, [0] * len(sizes), of_network=True), *zeros(sizes)]
    return container([*parts, tail(records, probes, digests)], b"".join(fact(n + 1) for n in sizes))


FILES = {}  # name: (bytes, commands)
MODEL = ["pack info M", "pack list M", "pack check M", "pack doctor M", "pack lineage M", "pack card M", "pack M -o O", "pack M -o O <M",
         "pack export M --to safetensors -o O", "infer M ROWS"]
DATA = ["pack info M", "pack check M", "train M"]
IMPORT = ["pack import M -o O"]


def add(name, data, commands):
    if not NAMES or any(part in name for part in NAMES):
        FILES[name] = (data, commands)


def containers():
    huge = container([head(1, {}, [("x", 5, [1 << 50])]), (3, bytes([0] * 17 + [0]), 1)], fact(1 << 50))
    add("a tensor of 2^50 bytes in 18.mx", huge, MODEL)
    add("65,536 tensors of 2^45 bytes.mx", container([head(1, {}, [(f"t{i:05}", 5, [1 << 45]) for i in range(65536)])]), MODEL)
    add("a head of 262,000 values.mx", container([head(0, {"extra": {"metadata": [0] * 262000}}, [])]), MODEL)
    add("a head of 16 MB of names.mx", container([head(0, {"extra": {f"k{i:07}": i for i in range(250000)}}, [])]), MODEL)
    add("a head of 16 MB of brackets.mx", container([head(0, b"[" * (15 * MIB), [])]), MODEL)
    block = {"residual": [linear("{}", 4, 4)]}
    many = [{"input": {"shape": [4]}}] + [json.loads(json.dumps(block).replace("{}", str(i))) for i in range(20000)]
    add("20,000 residual blocks.mx", model(many, [64, 16] * 20000, outputs=4), MODEL)
    deep = linear("w", 4, 4)
    for _ in range(12):
        deep = {"residual": [deep]}
    add("residual blocks in each other.mx", model([{"input": {"shape": [4]}}, deep], [64, 16], outputs=4), MODEL)
    wide = [{"input": {"shape": [1, 1024, 1024]}}, {"conv2d": {"name": "0", "in": 1, "out": 1024, "kernel": 3, "padding": 1}},
            {"activation": {"kind": "relu"}}, {"conv2d": {"name": "1", "in": 1024, "out": 1, "kernel": 3, "stride": 64, "padding": 1}},
            {"flatten": {}}, linear("2", 256, 2)]
    add("a convolution of 4 GB of activations.mx", model(wide, [36864, 4096, 36864, 4, 2048, 8], outputs=2), MODEL)
    wrap = [{"input": {"shape": [1, 1 << 30, 1 << 30]}}, {"conv2d": {"name": "0", "in": 1, "out": 4, "kernel": 3, "stride": 1 << 29}}, {"flatten": {}}, linear("1", 16, 2)]
    add("a convolution whose sizes wrap.mx", model(wrap, [144, 16, 128, 8]), MODEL)
    lm = [{"input": {"tokens": 1 << 30}}, {"embedding": {"name": "e", "vocab": 256, "dim": 4}},
          {"residual": [{"attention": {"name": "a", "dim": 4, "heads": 1, "kv_heads": 1, "head_dim": 4, "causal": True, "rope": 10000, "bias": False, "output_bias": False}}]},
          {"linear": {"name": "h", "in": 4, "out": 256, "tied": "e.tokens", "bias": False}}]
    add("a context of 2^30 tokens.mx", model(lm, [4096, 64, 64, 64, 64], extra={"tokenizer": {"kind": "byte"}}), MODEL)
    small = [{"input": {"shape": [4]}}, linear("0", 4, 2)]
    schema = {"task": "classify", "features": [{"names": ["a", "b", "c", "d"]}], "label": "y", "classes": ["0", "1"]}
    lineage = [{"operation": "train", "tool": "mx-train", "version": "1", "options": {}, "metrics": {}, "parents": [],
                "data": [{"sha256": 0, "rows": 1, "role": "train", "license": f"LicenseRef-{i}"} for i in range(20000)]}] * 2
    add("40,000 data licenses.mx", model(small, [32, 8], lineage, [bytes(32)], schema=schema), MODEL)
    add("a license of 600,000 words.mx", model(small, [32, 8], rights={"license": " AND ".join(["MIT"] * 600000)}), MODEL)
    expand = {"kind": "byte", "normalize": [{"replace": ["a", "aa"]}] * 200, "special": {"a": 256}}
    add("a tokenizer whose steps double.mx", model(lm, [4096, 64, 64, 64, 64], extra={"tokenizer": expand}), MODEL)
    ids = b"".join(varint(i % 60000) for i in range(4000000))
    pieces = {"kind": "pieces", "search": "unigram", "tokens": [f"t{i}" for i in range(60000)], "scores": [0] * 60000, "unknown": 0,
              "always": base64.b64encode(ids).decode()}
    add("4 million ids that are always taken.mx", model(lm, [4096, 64, 64, 64, 64], extra={"tokenizer": pieces}), MODEL)
    names = [(f"train.tokens.{i}", 5, [1]) for i in range(20000)]
    text = container([head(3, {"extra": {"tokenizer": {"kind": "byte"}, "parts": {"train": {"tokens": 20000, "documents": 0, "bytes": 20000}}}}, names),
                      *[group(b"a") for _ in names], tail()], b"".join(fact(2) for _ in names))
    add("a data file of 20,000 tensors.mx", text, DATA)
    short = container([head(3, {"extra": {}}, [("train.tokens.0", 5, [400000])]), (3, bytes([0]) + xxh3(bytes(16), 0) + bytes([0]) + bytes(16), 1)], fact(400000))
    add("a data file whose section is short.mx", short, DATA)


def archive(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name, data in entries:
            z.writestr(name, data)
    return out.getvalue()


def npy(shape, data, order=False, kind="<f4"):
    text = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def torch_views(views, floats):
    """A .pth of many views on one deflated storage, as torch.save writes it, but for the storage's compression."""
    p = [b"\x80\x02}(", ]
    for i in range(views):
        key = f"v{i}".encode()
        p += [b"X", struct.pack("<I", len(key)), key, b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n",
              b"X\x01\0\0\x000X\x03\0\0\0cpuJ", struct.pack("<i", floats), b"tQK\0J", struct.pack("<i", floats), b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"]
    p.append(b"u.")
    return archive([("archive/data.pkl", b"".join(p)), ("archive/version", b"3\n"), ("archive/byteorder", b"little"), ("archive/data/0", bytes(4 * floats))])


def safetensors(header):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text


def gguf(tensors, keys, rest=b""):
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, keys) + rest


def imports():
    zeros = bytes(64 * MIB)
    add("32 arrays of zeros.npz", archive([(f"a{i}.npy", npy((16 * MIB,), zeros)) for i in range(32)]), IMPORT)
    add("200 views on one storage.pth", torch_views(200, 8 * MIB), IMPORT)
    add("a header of 90 MB.safetensors", safetensors(b'{"a":[' + b"0," * (45 * MIB) + b"0]}"), IMPORT)
    add("a header of 2^60 bytes.safetensors", struct.pack("<Q", 1 << 60) + b"{}", IMPORT)
    many = {f"t{i:06}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(300000)}
    add("300,000 empty tensors.safetensors", safetensors(many), IMPORT)
    add("2^60 tensors.gguf", gguf(1 << 60, 0), IMPORT)
    add("2^60 keys.gguf", gguf(0, 1 << 60), IMPORT)
    text = b"tokenizer.ggml.tokens"
    add("2^40 tokens.gguf", gguf(0, 1, struct.pack("<Q", len(text)) + text + struct.pack("<IIQ", 9, 8, 1 << 40)), IMPORT)
    add("10 million brackets.pth", archive([("a/data.pkl", b"\x80\x02" + b"]" * 10000000 + b"."), ("a/version", b"3\n")]), IMPORT)
    add("a million entries.npz", archive([(f"{i}.npy", b"") for i in range(300000)]), IMPORT)
    vocabulary = {"version": "1.0", "model": {"type": "BPE", "vocab": {f"t{i}": i for i in range(2500000)}, "merges": []}}
    config = {"model_type": "llama", "hidden_size": 4, "num_hidden_layers": 0, "num_attention_heads": 1, "intermediate_size": 4, "vocab_size": 8,
              "max_position_embeddings": 8, "rms_norm_eps": 1e-5}
    add("a tokenizer of 50 MB/tokenizer.json", json.dumps(vocabulary).encode(), IMPORT)
    add("a tokenizer of 50 MB/config.json", json.dumps(config).encode(), [])
    add("a tokenizer of 50 MB/model.safetensors", safetensors({}), [])


def rows():
    good = ["infer GOOD M", "train M"]
    add("a row of 150,000 keys.jsonl", json.dumps({f"k{i}": i for i in range(150000)}).encode() + b"\n", good)
    add("150,000 columns.csv", (",".join(f"c{i}" for i in range(150000)) + "\n" + ",".join(["1"] * 150000) + "\n").encode(), good)
    add("a line of 1 GB.csv.gz", gzip.compress(b"a,b\n" + b"1" * GIB, 1), good)
    add("zeros of 2 GB.npy.gz", gzip.compress(npy((1 << 29,), b"", False), 9) + gzip.compress(bytes(2 * GIB), 1), good)
    add("zeros of 2 GB by columns.npy.gz", gzip.compress(npy((4, 1 << 27), b"", True), 9) + gzip.compress(bytes(2 * GIB), 1), good)
    add("60 MB of brackets.jsonl", b'{"a":' + b"[" * (30 * MIB) + b"]" * (30 * MIB) + b"}\n", good)
    add("70,000 keys.yaml", "".join(f"k{i}: {i}\n" for i in range(70000)).encode(), ["train GOODROWS --config M"])
    add("a billion laughs.yaml", ("a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))).encode(),
        ["train GOODROWS --config M"])


def command(line, path):
    """The words of a command; what stands after < is its standard input."""
    word = {"M": path, "O": os.path.join(FOLDER, "output"), "ROWS": os.path.join(FOLDER, "good.csv"), "GOOD": os.path.join(FOLDER, "good.mx"),
            "GOODROWS": os.path.join(FOLDER, "good.csv")}
    words = line.split()
    tool, words = words[0], words[1:]
    stdin = None
    if words[-1] == "<M":
        stdin, words = path, ["-" if w == "M" else w for w in words[:-1]]
    if tool == "train":
        words = ["--data", *words, "-o", "O", "--steps", "1", "--dry-run", "--progress", "never"]
    words = [word.get(w, w) for w in words]
    if path.endswith("/tokenizer.json"):
        words = [os.path.dirname(path) if w == path else w for w in words]
    return [os.path.join(BIN, "mx-" + tool), *words], stdin


def measure(words, stdin=None):
    """(exit status, peak resident bytes, processor seconds, wall seconds, last line of standard error)"""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (24 * GIB, 24 * GIB))
        resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    begin = time.monotonic()
    with open(os.path.join(FOLDER, "stderr"), "w+") as log, open(stdin or os.devnull, "rb") as given:
        process = subprocess.Popen(words, stdin=given, stdout=subprocess.DEVNULL, stderr=log, preexec_fn=limit)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        log.seek(0)
        lines = [line.strip() for line in log if ": hint: " not in line]
    code = os.waitstatus_to_exitcode(status)
    return code, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime, time.monotonic() - begin, lines[-1] if lines else ""


def takes_limit(tool, words):
    verb = [words[0]] if words and not words[0].startswith("-") and "." not in words[0] else []
    text = subprocess.run([os.path.join(BIN, "mx-" + tool), *verb, "--help"], capture_output=True, text=True).stdout
    return "--max-memory" in text


def attack():
    empty, broken, limits = {}, 0, {}
    print("file|bytes|command|exit|MiB|of|seconds|of|verdict")
    for name, (data, commands) in FILES.items():
        path = os.path.join(FOLDER, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data)
    for name, (data, commands) in FILES.items():
        path = os.path.join(FOLDER, name)
        for line in commands:
            words, stdin = command(line, path)
            tool = line.split()[0]
            if tool not in empty:
                empty[tool] = measure([words[0], "--version"])[1]
            key = (tool, words[1])
            if key not in limits:
                limits[key] = takes_limit(tool, words[1:])
            if limits[key]:
                words += ["--max-memory", str(LIMIT)]
            output = os.path.join(FOLDER, "output")
            if os.path.lexists(output):
                os.remove(output)
            code, peak, cpu, _, said = measure(words, stdin)
            memory = max(0, peak - empty[tool])
            refused = code in (1, 2, 3)
            bound = 2 * len(data) + 64 * MIB if refused else LIMIT + 64 * MIB
            seconds = 2 * -(-len(data) // MB)
            verdict = "kept"
            if code not in (0, 1, 2, 3):
                verdict = "BROKEN"
            elif memory > bound:
                verdict = "MEMORY"
            elif refused and cpu > seconds:
                verdict = "TIME"
            broken += verdict != "kept"
            print(f"{name}|{len(data)}|{line}|{code}|{memory / MIB:.0f}|{bound / MIB:.0f}|{cpu:.1f}|{seconds}|{verdict}", flush=True)
            if NAMES or verdict != "kept":
                print(f"{line} {name}: {said[:200]}", file=sys.stderr)
    return broken


def good():
    with open(os.path.join(FOLDER, "good.csv"), "w") as out:
        out.write("a,b,c,d,y\n" + "".join(f"{i % 7},{i % 5},{i % 3},{i % 2},{i % 2}\n" for i in range(200)))
    network = [{"input": {"shape": [4]}}, linear("0", 4, 2)]
    schema = {"task": "classify", "features": [{"names": ["a", "b", "c", "d"]}], "label": "y", "classes": ["0", "1"]}
    with open(os.path.join(FOLDER, "good.mx"), "wb") as out:
        out.write(model(network, [32, 8], schema=schema))


os.makedirs(FOLDER, exist_ok=True)
good()
containers()
imports()
rows()
sys.exit(1 if attack() else 0)
