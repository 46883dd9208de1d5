# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
try() { status=0; mx-prune "$FIXTURES/digits.mx" -q -o p.mx "$@" || status=$?; echo "exit $status"; }
d=$FIXTURES/rows.csv
try --criterion wanda --sparsity 0.5
try --criterion sparsegpt --sparsity 0.5 --pattern blocks --data "$d"
try --criterion wanda --sparsity 0.5 --schedule gradual --finetune-steps 5 --data "$d"
try --criterion wanda --sparsity 0.5 --scope global --data "$d"
try --criterion magnitude --sparsity 0.5 --scope outliers
try --criterion wanda --pattern 2:4 --scope outliers --data "$d"
[ ! -e p.mx ]
