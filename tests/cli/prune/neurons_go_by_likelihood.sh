# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
d=$FIXTURES/rows.csv
prune() { mx-prune "$FIXTURES/$1.mx" --pattern "$2" --data "$d" --seed 1 -q --json -o "$3.mx" "${@:4}"; }
loss() { mx-infer eval "$1.mx" --data "$d" --json -q | jq .loss; }
prune digits neurons norm --scope layer --sparsity 0.5 | jq -c .sparsity
prune digits neurons likely --criterion likelihood --sparsity 0.5 | jq -c .sparsity
prune digits neurons even --criterion likelihood --sparsity 0.5 --scope layer | jq -c .sparsity
mx-pack list --json even.mx | jq -c '[.tensors[].shape]'
jq -n --argjson norm "$(loss norm)" --argjson likely "$(loss likely)" '$likely < $norm'
prune cnn channels fewer --criterion likelihood --sparsity 0.4 | jq -c .sparsity
for threads in 1 3; do prune digits neurons $threads --criterion likelihood --sparsity 0.3 --threads $threads >/dev/null; done
cmp <(mx-pack export 1.mx --to npz -o -) <(mx-pack export 3.mx --to npz -o -)
for bad in "--sparsity 0.5" "--sparsity 0.5 --pattern 2:4" "--pattern neurons --sparsity 0.5 --schedule gradual --finetune-steps 5"; do
  status=0; mx-prune "$FIXTURES/digits.mx" --criterion likelihood --data "$d" -q -o p.mx $bad || status=$?
  echo "exit $status"
done
status=0; mx-prune "$FIXTURES/sums.mx" --criterion likelihood --pattern neurons --sparsity 0.5 --data "$FIXTURES/sums.csv" -q -o p.mx || status=$?
echo "exit $status"
[ ! -e p.mx ]
