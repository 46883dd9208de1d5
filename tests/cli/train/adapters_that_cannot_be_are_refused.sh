# SPDX-License-Identifier: Apache-2.0
# timeout: 120
data=$MX_TEST_DATA/digits.csv
refused() {
  local code=0
  "$@" -q -f -o out.mx || code=$?
  echo "exit $code"
}
train() { refused mx-train --data "$data" --steps 2 --seed 1 "$@"; }
mx-train --data "$data" --hidden 8 --steps 20 --seed 1 --threads 1 -q -o base.mx >/dev/null
mx-train --data "$data" --hidden 8 --steps 20 --seed 2 --threads 1 -q -o other.mx >/dev/null
mx-train --data "$data" --model cnn --input-shape 1,8,8 --channels 4,6 --hidden 16 --steps 1 --seed 1 --threads 1 -q -o cnn.mx >/dev/null
mx-train --init base.mx --lora 4 --data "$data" --steps 2 --seed 1 --threads 1 -q -o adapter.mx >/dev/null
head -c 700 adapter.mx >cut.mx
{
  train --lora 4
  train --lora 4 --hidden 8
  train --init base.mx --lora-alpha 4
  train --init base.mx --lora-maps head
  train --init base.mx --lora 4 --hidden 9
  train --init base.mx --lora 4 --lora-maps query
  train --init base.mx --lora 4 --lora-maps '['
  train --init base.mx --lora 9
  train --init base.mx --lora 0
  train --init base.mx --lora 4 --lora-alpha -1
  train --init cnn.mx --lora 4 --lora-maps '^0'
  # An adapter is no model, a model no adapter, and each adapter has its own base.
  train --init adapter.mx
  refused mx-prune adapter.mx --sparsity 0.5
  refused mx-distill adapter.mx --student auto:50% --data "$data"
  refused mx-distill base.mx --student adapter.mx --data "$data"
  refused mx-pack adapter.mx --quantize int8
  refused mx-pack base.mx --base adapter.mx
  refused mx-pack adapter.mx --base base.mx
  refused mx-pack adapter.mx --adapter adapter.mx
  refused mx-pack base.mx --adapter base.mx
  refused mx-pack other.mx --adapter adapter.mx
  refused mx-pack base.mx --adapter cut.mx
  refused mx-pack base.mx --adapter adapter.mx --quantize int8
  mx-infer eval adapter.mx --data "$data" || echo "exit $?"
  mx-infer adapter.mx "$data" || echo "exit $?"
  mx-infer eval other.mx --adapter adapter.mx --data "$data" || echo "exit $?"
  mx-infer eval base.mx --adapter other.mx --data "$data" || echo "exit $?"
  mx-infer compare other.mx base.mx --adapter nothing.mx --data "$data" || echo "exit $?"
} 2>&1 | sed -E 's/[0-9a-f]{64}/IDENTITY/g'
[ ! -e out.mx ]
