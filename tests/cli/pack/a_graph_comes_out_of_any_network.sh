# SPDX-License-Identifier: Apache-2.0
golden=$MX_SOURCE/tests/convert/golden
mx-pack import "$golden/hf/qwen3" --license MIT -q -o m.mx >/dev/null 2>&1
# From a pipe, and to one; the same bytes each time.
mx-pack export m.mx -o m.onnx
cat m.mx | mx-pack export - --to onnx -q -o - | cmp - m.onnx && echo "the same from a pipe"
mx-pack export m.mx --to onnx -q --json -o again.onnx | jq -c '[.to, .tensors, .quantized]'
mx-pack m.mx --quantize int8 -q -o small.mx >/dev/null
mx-pack export small.mx -q -f -o m.onnx
# What is no network has no graph.
mx-pack import "$golden/model.safetensors" --license MIT -q -o tensors.mx >/dev/null 2>&1
mx-pack export tensors.mx -o no.onnx || echo "exit $?"
cp "$MX_GOLDEN/v3-adapter.mx" adapter.mx
mx-pack export adapter.mx -o no.onnx || echo "exit $?"
mx-pack export m.mx --type f16 -o no.onnx || echo "exit $?"
mx-pack export m.mx -o m.onnx || echo "exit $?"
ls no.onnx 2>/dev/null || true
