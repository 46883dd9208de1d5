# SPDX-License-Identifier: Apache-2.0
train=(--data "$MX_TEST_DATA/digits.csv" --hidden 8 --epochs 1 --seed 1 --threads 1 -q -f)
echo "my notes" >notes.txt && cp notes.txt kept
mine() { cmp notes.txt kept || echo "they are gone"; }
try() { "$@" >/dev/null || echo "exit $?"; mine; }
{
  try mx-train "${train[@]}" --checkpoint notes.txt --resume never -o m.mx
  try mx-train "${train[@]}" --checkpoint notes.txt -o m.mx
  try mx-train "${train[@]}" --metrics notes.txt -o m.mx
  # Beside the output, and a model, which begins as a checkpoint does.
  ln notes.txt m.mx.ckpt && try mx-train "${train[@]}" --resume never -o m.mx && rm m.mx.ckpt
  mx-train "${train[@]}" -o m.mx >/dev/null
  cp m.mx model.mx && try mx-train "${train[@]}" --checkpoint model.mx --resume never -o n.mx && cmp m.mx model.mx
  try mx-prune m.mx --sparsity 0.5 --data "$MX_TEST_DATA/digits.csv" --finetune-epochs 1 --seed 1 --threads 1 -q --checkpoint notes.txt --resume never -o p.mx
  mkdir p.mx.trials && cp notes.txt p.mx.trials/search.json
  echo 'lr: [0.01, 0.02]' >space.yaml
  try mx-train tune space.yaml "${train[@]}" --valid-fraction 0.2 --trials 2 --resume never -o p.mx
  cmp p.mx.trials/search.json kept
  # What everybody may write is not gone on with.
  mx-train "${train[@]}" --epochs 50 --checkpoint c.ckpt --checkpoint-every 1 -o c.mx >/dev/null &
  for _ in $(seq 200); do [ ! -e c.ckpt ] || break; sleep 0.05; done
  kill -TERM $! && wait $! || true
  chmod 666 c.ckpt && try mx-train "${train[@]}" --epochs 50 --checkpoint c.ckpt --checkpoint-every 1 -o c.mx
  ls c.ckpt
  # Metrics are appended to metrics.
  mx-train "${train[@]}" --metrics metrics -o m.mx >/dev/null && mx-train "${train[@]}" --metrics metrics -o m.mx >/dev/null
  grep -c '"tool"' metrics
} 2>&1
