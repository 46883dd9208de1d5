# SPDX-License-Identifier: Apache-2.0
# timeout: 240
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
mkdir in elsewhere
d=in/digits.csv; cp "$MX_TEST_DATA/digits.csv" $d; head -n 300 $d >in/few.csv
seq 1 400 >in/numbers.txt
awk 'BEGIN { print "text,even"; for (i = 1; i <= 120; ++i) printf "%d is a number,%s\n", i, i % 2 ? "no" : "yes" }' >in/rows.csv
cp "$FIXTURES/cat.txt" .
t=(--seed 3 --threads 2 -q)
exec 3>&1 >/dev/null
# The whole chain, with rights, notices, a fold, a teacher and several parents.
mx-train --data $d --fold 1/5 --hidden 12 --epochs 2 "${t[@]}" --license cat.txt --permissions modify=yes,distil=yes --name "It's" --owner 'A "B"' --notice cat.txt \
  --data-license CC-BY-4.0 --data-source 'UCI; digits' -o t.mx
mx-distill t.mx --student auto:60% --data $d --valid in/few.csv --epochs 1 "${t[@]}" -o s.mx
mx-prune s.mx --sparsity 0.5 --data $d --finetune-epochs 1 --teacher t.mx "${t[@]}" -o p.mx
mx-pack p.mx --quantize int8 --calibrate in/few.csv -q -o q.mx
mx-pack q.mx --effort max --contact z@example.org -q -o z.mx
# Other ways to each operation.
SOURCE_DATE_EPOCH=1700000000 mx-train --init t.mx --data in/few.csv --epochs 1 --lr 0.0001 "${t[@]}" -o tuned.mx
mx-train --init t.mx --lora 2 --data in/few.csv --epochs 1 "${t[@]}" -o lora.mx
mx-pack t.mx --adapter lora.mx -q -o merged.mx
mx-pack tuned.mx --base t.mx -q -o delta.mx
printf 'model: mlp\nhidden: [4]\n' >small.yaml
mx-distill t.mx tuned.mx --student small.yaml --data $d --epochs 1 --temperature 3 "${t[@]}" -o described.mx
mx-distill t.mx --student tuned.mx --data in/few.csv --epochs 1 "${t[@]}" -o other.mx
mx-distill t.mx --student auto:60% --data in/few.csv --epochs 1 --cache c.mx "${t[@]}" -o cached.mx
mx-prune t.mx --sparsity 0.4 --criterion wanda --calibrate in/few.csv "${t[@]}" -o wanda.mx
mx-prune t.mx --sparsity 0.25 --pattern neurons --criterion gradient --data in/few.csv "${t[@]}" -o neurons.mx
mx-train --data in/numbers.txt --model gpt --tokenizer char --layers 1 --heads 1 --dim 8 --context 8 --steps 3 "${t[@]}" -o gpt.mx
mx-train --data in/rows.csv --text text --label even --model bert --vocab 40 --layers 1 --heads 1 --dim 8 --context 8 --epochs 1 "${t[@]}" -o bert.mx
mx-train prepare in/numbers.txt --tokenizer bpe --vocab 300 --data-license MIT --seed 3 -o in/prepared.mx 2>/dev/null
mx-train --data in/prepared.mx --model llama --layers 1 --heads 1 --dim 8 --context 8 --steps 3 "${t[@]}" -o llama.mx
mx-pack export t.mx --to npz --override-permission "it's ours" -o in/w.npz -q 2>/dev/null
printf -- '- input: {shape: [64]}\n- linear: {name: a, in: 64, out: 12}\n- activation: {kind: relu}\n- linear: {name: b, in: 12, out: 10}\n' >n.yaml
mx-pack import in/w.npz --network n.yaml -q -o i.mx 2>/dev/null
mx-train --init i.mx --data in/few.csv --epochs 1 --override-permission "it's ours" "${t[@]}" -o i2.mx 2>/dev/null
exec >&3
for m in z tuned merged delta described other cached wanda neurons gpt bert llama i2; do
  mx-pack lineage $m.mx --replay-script >$m.sh 2>/dev/null
  printf '%s: ' $m
  again=(); [ $m != i2 ] || again=(--allow-overrides)
  if bash $m.sh --with in -o again.mx "${again[@]}" >said 2>&1; then cmp $m.mx again.mx && echo "$(grep -c '^step' said) steps, the same bytes"; else echo "exit $?"; tail -n 3 said; fi
  rm -f again.mx
done
shellcheck -S warning z.sh i2.sh && echo "nothing to say"
# What is not there, or is not what it was, or was done although a licence forbids it.
bash i2.sh --with in 2>&1 | grep error
bash z.sh --with elsewhere 2>&1 | sed -E 's/[0-9a-f]{64}/DIGEST/'
sed 's/^is 1 [0-9a-f]\{8\}/is 1 00000000/' z.sh >wrong.sh; bash wrong.sh --with in 2>&1 | grep error | sed -E 's/[0-9a-f]{64}/DIGEST/g'
bash z.sh 2>&1 || echo "exit $?"
echo 'lr: [0.001, 0.01]' >space.yaml
mx-train tune space.yaml --data in/few.csv --valid-fraction 0.2 --hidden 4 --epochs 1 --trials 2 "${t[@]}" -o best.mx >/dev/null
mx-pack lineage best.mx --replay-script 2>&1 || echo "exit $?"
mx-pack lineage "$MX_GOLDEN/v1-gpt.mx" --replay-script 2>&1 || echo "exit $?"
