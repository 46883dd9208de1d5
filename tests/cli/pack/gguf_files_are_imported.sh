# SPDX-License-Identifier: Apache-2.0
cp "$MX_SOURCE/tests/convert/golden/types.gguf" .
golden=types.gguf
mx-pack import "$golden" -o types.mx
mx-pack list types.mx | awk '{ print $1, $2, $3, $4 }'
mx-pack info types.mx | grep licence
# What it was read from stays with it, and comes out again for safetensors.
mx-pack export types.mx -o types.safetensors -q
mx-pack import types.safetensors --license MIT -q -o again.mx >/dev/null
mx-pack diff types.mx again.mx | grep -c '^tensor\|metadata' || echo "no tensor differs"
cat "$golden" | mx-pack import - --license MIT -q -o - | mx-pack list - | tail -n 1 | cut -c 1-4
head -c 2000 "$golden" >cut.gguf; mx-pack import cut.gguf -o no.mx 2>&1 || echo "exit $?"
mx-infer "$golden" 2>&1 </dev/null || echo "exit $?"
