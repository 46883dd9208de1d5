# SPDX-License-Identifier: Apache-2.0
# A small trained model and a half-pruned one. Without mx-train (a build without LibTorch) the cases skip.
command -v mx-train >/dev/null || exit 0
mx-train --data "$MX_TEST_DATA/digits.csv" --scaling minmax --hidden 24 --epochs 4 --seed 1 --threads 1 -q -o digits.mx
mx-prune digits.mx --sparsity 0.6 --seed 1 --threads 1 -q -o pruned.mx
cat >network.yaml <<'YAML'
- input: {shape: [64]}
- linear: {name: fc1, in: 64, out: 24}
- activation: {kind: relu}
- linear: {name: fc2, in: 24, out: 10}
YAML
