# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
# What --importance keeps serves every sparsity, with the same result as without it.
prune() { mx-prune "$FIXTURES/digits.mx" --data "$FIXTURES/rows.csv" --seed 1 --threads 1 -q --json "$@" | jq -c '[.sparsity, .identity]'; }
for how in "gradient free" "gradient 2:4" "gradient neurons" "likelihood neurons"; do
  # shellcheck disable=SC2086
  set -- $how
  amounts="0.3 0.6"
  [ "$2" != 2:4 ] || amounts=none
  for amount in $amounts; do
    options=(--criterion "$1" --pattern "$2")
    [ "$amount" = none ] || options+=(--sparsity "$amount")
    prune "${options[@]}" -f -o alone.mx >alone
    prune "${options[@]}" --importance "$1-$2.imp" -f -o known.mx >known
    prune "${options[@]}" --importance "$1-$2.imp" -f -o again.mx >again
    cmp alone known && cmp known again && cmp alone.mx known.mx && cmp known.mx again.mx
  done
done
ls ./*.imp
# It really is read: other numbers in it give another choice.
mx-pack list gradient-neurons.imp --json | jq -c '[.tensors[] | [.name, .dtype]]'
mx-pack lineage gradient-neurons.imp --json | jq -c '.nodes[-1] | [.operation, .tool, (.data | length)]'

try() { mx-prune "$FIXTURES/digits.mx" --data "$FIXTURES/rows.csv" --seed 1 -q --sparsity 0.5 --importance gradient-neurons.imp -o out.mx "$@" || echo "exit $?"; }
cp "$FIXTURES/digits.mx" .
mx-train --data "$FIXTURES/rows.csv" --hidden 8 --epochs 1 --seed 9 -q -o other.mx >/dev/null
{
  try --criterion likelihood --pattern neurons
  try --criterion gradient
  try --criterion gradient --pattern neurons --keep '^0'
  try --criterion gradient --pattern neurons --fold 1/5
  try --criterion gradient --pattern neurons --schedule gradual --finetune-epochs 1
  try --criterion magnitude
  try --criterion gradient --pattern neurons --importance ./out.mx
  head -c 300 gradient-neurons.imp >cut.imp
  try --criterion gradient --pattern neurons --importance cut.imp
  try --criterion gradient --pattern neurons --importance digits.mx
  mx-prune other.mx --data "$FIXTURES/rows.csv" --seed 1 -q --sparsity 0.5 --criterion gradient --pattern neurons --importance gradient-neurons.imp -o out.mx || echo "exit $?"
} 2>&1 | sed 's/[0-9a-f]\{64\}/DIGEST/g'
