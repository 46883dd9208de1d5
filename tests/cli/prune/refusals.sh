# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
try() {
  status=0
  mx-prune "$@" --seed 1 -q -o p.mx 2>err || status=$?
  echo "exit $status"; sed "s|$FIXTURES/||" err
  [ ! -e p.mx ] || { echo 'there is an output'; rm p.mx; }
}
m=$FIXTURES/digits.mx d=$FIXTURES/rows.csv
try "$m"
try "$m" --sparsity 1.5
try "$m" --sparsity 0.5 --max-loss-increase 0.1 --data "$d"
try "$m" --sparsity 0.5 --pattern 2:4
try "$m" --pattern 4:2
try "$m" --pattern nurons --sparsity 0.5
try "$m" --pattern channels --sparsity 0.5
try "$m" --sparsity 0.5 --finetune-epochs 2
try "$m" --sparsity 0.5 --finetune-epochs 2 --finetune-steps 10 --data "$d"
try "$m" --sparsity 0.5 --schedule gradual --data "$d"
try "$m" --sparsity 0.5 --criterion gradient
try "$m" --sparsity 0.5 --calibrate "$d"
try "$m" --max-loss-increase 0.1
try "$m" --sparsity 0.5 --keep '('
try "$m" --sparsity 0.5 --data "$d" --scaling none
try "$m" --sparsity 0.5 --data "$d" --label p00
try "$FIXTURES/rows.csv" --sparsity 0.5
try missing.mx --sparsity 0.5
mx-pack export "$m" -o m.npz
mx-pack import --license CC0-1.0 m.npz -o tensors.mx >/dev/null
try tensors.mx --sparsity 0.5
status=0; mx-prune "$m" --sparsity 0.5 --finetune-epochs 1 --data "$d" --seed 1 -q -o - 2>err >out || status=$?
echo "exit $status"; cat err
