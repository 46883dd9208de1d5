# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-prune "$FIXTURES/digits.mx" --sparsity 1 --keep '^(0|head)[.]' --seed 1 -q --json -o p.mx | jq -c '[.sparsity, .nonzero > 1600]'
mx-pack extract p.mx --tensor 1.weight --as raw -o - | od -An -v -t x1 | grep -q '[1-9a-f]' && echo 'a weight is left'
mx-pack extract p.mx --tensor head.weight --as raw -o - | od -An -v -t x1 | grep -q '[1-9a-f]'
