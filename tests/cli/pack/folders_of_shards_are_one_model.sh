# SPDX-License-Identifier: Apache-2.0
cp -r "$MX_SOURCE/tests/convert/golden/hf/qwen3" whole
mkdir shards && cp whole/config.json shards
python3 - <<'PYTHON'
import json, struct
whole = open("whole/model.safetensors", "rb").read()
size, = struct.unpack("<Q", whole[:8])
header, data = json.loads(whole[8:8 + size]), whole[8 + size:]
names = sorted(name for name in header if name != "__metadata__")
places = {}
for number in range(3):
    file, part, numbers = f"model-{number}.safetensors", {}, b""
    for name in names[number::3]:
        begin, end = header[name]["data_offsets"]
        part[name] = {**header[name], "data_offsets": [len(numbers), len(numbers) + end - begin]}
        numbers += data[begin:end]
        places[name] = file
    text = json.dumps(part).encode()
    open(f"shards/{file}", "wb").write(struct.pack("<Q", len(text)) + text + numbers)
json.dump({"metadata": {}, "weight_map": places}, open("shards/model.safetensors.index.json", "w"))
PYTHON
for folder in whole shards; do mx-pack import $folder --license MIT -q -o $folder.mx >/dev/null 2>&1; done
mx-pack diff whole.mx shards.mx --json | jq -c '[.network, .tensors]'
mx-pack lineage shards.mx --json | jq '.nodes[0].data | length'
rm shards/model-1.safetensors
mx-pack import shards --license MIT -o no.mx || echo "exit $?"
