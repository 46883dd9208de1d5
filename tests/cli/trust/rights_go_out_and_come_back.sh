# SPDX-License-Identifier: Apache-2.0
# What a model's file says of rights goes along into other formats, comes back, and is asked first.
nd=$MX_GOLDEN/hostile/no-derivatives.mx
ids() { sed -E 's/[0-9a-f]{64}/DIGEST/g; s/[0-9a-f]{12}\b/SHORT/g'; }
rights() { mx-pack info "$1" --json 2>/dev/null | jq -c '[.license, .owner, .name, .notices]'; }
mx-pack export "$nd" -o nd.safetensors -q
python3 - nd.safetensors <<'PY'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
facts = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]
print(facts["license"], "|", facts["author"], "|", len(facts["mx.identity"]))
PY
mx-pack import nd.safetensors -q -o own.mx >/dev/null
rights own.mx
mx-pack lineage own.mx --json | jq -c '[.nodes[0].parents[0].role, (.nodes[0].parents[0].sha256 == $of)]' --arg of "$(mx-pack info "$nd" --json | jq -r .identity)"
# Another licence than its own is a permission that somebody gave.
mx-pack import nd.safetensors --license MIT -q -o mit.mx 2>&1 || echo "exit $?"
mx-pack import nd.safetensors --license cc-by-nd-4.0 -q -o same.mx >/dev/null && rights same.mx
mx-pack import nd.safetensors --license MIT --override-permission 'the lab wrote on May 2' -q -o mit.mx >/dev/null
rights mit.mx
mx-pack info mit.mx 2>&1 >/dev/null
mx-pack lineage mit.mx --json 2>/dev/null | jq -c .nodes[0].override
# npz has no place for them.
mx-pack export "$nd" --to npz -q -o nd.npz
# Passing it on is asked for, changing it, too.
mx-pack "$nd" --license hosted-api -q -o no.mx >/dev/null 2>&1
for to in safetensors npz onnx; do mx-pack export no.mx --to $to -q -o no.$to 2>&1 | head -n 1; [ ! -e no.$to ]; done
cat no.mx | mx-pack export - --to safetensors -o - 2>/dev/null | wc -c
mx-pack export no.mx --override-permission 'they agreed' -q -o no.safetensors
mx-pack import no.safetensors -q -o back.mx 2>&1 >/dev/null
mx-pack keygen --age -o me.age >/dev/null
to=$(grep -o 'age1[a-z0-9]*' me.age | head -n 1)
mx-pack encrypt no.mx --recipient "$to" -o no.age 2>&1 | ids
cat no.mx | mx-pack encrypt - --recipient "$to" -o no.age 2>&1 | head -n 1
[ ! -e no.age ]
mx-pack encrypt no.mx --recipient "$to" --override-permission 'they agreed' -o no.age
mx-pack decrypt no.age --identity me.age -o - | cmp - no.mx
mx-pack encrypt "$nd" --recipient "$to" -o nd.age
cat "$nd" | mx-pack encrypt - --recipient "$to" -o - | mx-pack decrypt - --identity me.age -o - | cmp - "$nd"
# llama.cpp's format: fewer bits are a change.
for type in q8_0 q4_0 f16; do
  mx-pack "$MX_GOLDEN/v1-llama.mx" --license CC-BY-ND-4.0 --owner 'Some Lab' -f -q -o lm.mx >/dev/null 2>&1
  mx-pack export lm.mx --type $type -f -q -o lm.gguf 2>&1 | ids | grep error
done
mx-pack export lm.mx -q -o lm.gguf 2>/dev/null && mx-pack import lm.gguf -q -f -o lm2.mx >/dev/null 2>&1 && rights lm2.mx
mx-pack export lm.mx --to hf -q -o lm-hf 2>/dev/null && mx-pack import lm-hf -q -f -o lm2.mx >/dev/null 2>&1 && rights lm2.mx
mx-pack import lm.gguf --license MIT -q -o lm3.mx 2>&1 | head -n 1
# A base is held against a policy, as what is stored with it is.
printf 'allowed-licenses: [MIT]\n' >policy.yaml
mx-pack import nd.safetensors --license MIT --override-permission 'x' -q -f -o mit.mx >/dev/null 2>&1
mx-pack mit.mx --base "$nd" --policy policy.yaml -q -o delta.mx 2>&1 | grep -o 'does not meet policy.yaml: .*'
printf 'allowed-licenses: []\n' >policy.yaml
mx-pack info mit.mx --policy policy.yaml 2>&1 | grep -o 'does not meet policy.yaml: .*'
# Of two entries of one licence the stricter counts.
mx-pack info "$MX_GOLDEN/hostile/twice.mx" --json | jq -c .permissions
