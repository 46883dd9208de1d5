# SPDX-License-Identifier: Apache-2.0
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
strace -o trace true 2>/dev/null || { echo "strace does not trace here"; exit 77; }
d=$MX_TEST_DATA/digits.csv
rows=(--data "$d" --seed 1 --threads 1 -q)
mx-train "${rows[@]}" --hidden 8 --epochs 2 -o m.mx >/dev/null
mx-pack keygen --age -o me.id >/dev/null
mx-pack encrypt m.mx --recipient "$(sed -n 's/# public key: //p' me.id)" -o m.age
open=(--identity me.id)
# Each command does with the sealed model what it does with the open one, and opens no other file to write.
while read -r command; do
  rm -f out.*
  # shellcheck disable=SC2086
  ${command//MODEL/m.mx} >plain 2>/dev/null
  [ ! -e out.mx ] || mv out.mx plain.mx
  # shellcheck disable=SC2086
  strace -f -e trace=openat,open,creat,memfd_create,rename,renameat,renameat2 -o trace ${command//MODEL/m.age} "${open[@]}" >opened 2>/dev/null || echo "exit $?"
  if [ -e out.mx ]; then cmp plain.mx out.mx; else cmp <(sed 's/"seconds":[^,]*//' plain) <(sed 's/"seconds":[^,]*//' opened); fi
  echo "${command%% MODEL*}: $(grep -E 'O_(WRONLY|RDWR|CREAT)|creat\(|memfd' trace | grep -o '"[^"]*"' | grep -v '^"/dev/\|^"/proc/' | sed 's/\.mx-[^"]*tmp/.TEMPORARY/' | sort -u | tr '\n' ' ')"
done <<END
mx-infer MODEL $d
mx-infer eval --json MODEL --data $d
mx-infer compare m.mx MODEL --data $d
mx-pack info MODEL
mx-pack check MODEL
mx-pack MODEL -o out.mx
mx-prune MODEL ${rows[*]} --sparsity 0.5 --criterion sparsegpt -o out.mx
mx-prune MODEL ${rows[*]} --sparsity 0.5 --finetune-epochs 2 -o out.mx
mx-distill MODEL --student auto:50% --epochs 1 ${rows[*]} -o out.mx
mx-train --init MODEL --epochs 1 ${rows[*]} -o out.mx
END
# A result is sealed to whom it is said to be, and a chain of sealed files ends in what the open one does.
me=$(sed -n 's/# public key: //p' me.id)
mx-pack keygen --age -o you.id >/dev/null
you=$(sed -n 's/# public key: //p' you.id)
mx-prune m.age "${open[@]}" --sparsity 0.5 -q --recipient "$me" -o pruned.age >/dev/null
mx-pack pruned.age "${open[@]}" --quantize int8 --recipient "$you" --recipient "$me" -o packed.age >/dev/null 2>&1
mx-prune m.mx --sparsity 0.5 -q -o - | mx-pack - --quantize int8 -o packed.mx >/dev/null 2>&1
for identity in me.id you.id; do mx-pack decrypt packed.age --identity $identity -o - | cmp - packed.mx; done
mx-infer packed.age "$d" "${open[@]}" --recipient "$you" -o answers.age
mx-pack decrypt answers.age --identity you.id -o - | cmp - <(mx-infer packed.mx "$d")
mx-train "${rows[@]}" --hidden 8 --epochs 2 --recipient "$me" -o trained.age >/dev/null
mx-pack decrypt trained.age --identity me.id -o - | cmp - m.mx
mx-pack decrypt trained.age --identity me.id --recipient "$you" -o - | mx-pack info - --identity you.id | head -n 1
head -c 22 pruned.age packed.age answers.age trained.age | grep -c '^age-encryption.org/v1'
mx-prune m.age "${open[@]}" --sparsity 0.5 -q --recipient age1nobody -o none.age 2>&1 || echo "exit $?"
# Rows may be sealed as well, packed before that or not.
mx-pack encrypt "$d" --recipient "$me" -o rows.csv.age
gzip -c "$d" | mx-pack encrypt - --recipient "$me" -o rows.csv.gz.age
mx-train --data rows.csv.age "${open[@]}" --seed 1 --threads 1 -q --hidden 8 --epochs 2 -o plain-rows.mx >/dev/null
mx-train --data "$d" --seed 1 --threads 1 -q --hidden 8 --epochs 2 -o of-plain.mx >/dev/null
cmp <(mx-pack export of-plain.mx --to npz -o -) <(mx-pack export plain-rows.mx --to npz -o -)
mx-infer eval m.mx --data "$d" --json | jq -c '[.n, .loss]' >plain
for file in rows.csv.age rows.csv.gz.age; do
  mx-infer eval m.mx --data $file "${open[@]}" --json | jq -c '[.n, .loss]' | cmp - plain
  mx-infer m.mx $file "${open[@]}" | cmp - <(mx-infer m.mx "$d")
  mx-infer m.mx - "${open[@]}" <$file | cmp - <(mx-infer m.mx "$d")
done
mx-prune m.mx --criterion gradient --sparsity 0.5 --data rows.csv.age "${open[@]}" --seed 1 --threads 1 -q -f -o out.mx >/dev/null
strace -f -e trace=openat,open,creat,memfd_create -o trace mx-train --data rows.csv.age "${open[@]}" --seed 1 -q --hidden 8 --epochs 1 -f -o out.mx >/dev/null 2>&1
grep -E 'O_(WRONLY|RDWR|CREAT)|creat\(|memfd' trace | grep -o '"[^"]*"' | grep -v '^"/dev/\|^"/proc/' | sed 's/\.mx-[^"]*tmp/.TEMPORARY/' | sort -u
mx-infer eval m.mx --data rows.csv.age 2>&1 || echo "exit $?"
printf 'a text\n%.0s' {1..50} | mx-pack encrypt - --recipient "$me" -o text.age
mx-train --data text.age "${open[@]}" --model gpt --layers 1 --heads 1 --dim 8 --context 8 --steps 1 -q -o text.mx 2>&1 || echo "exit $?"
cat text.age | mx-train --data - --model gpt --layers 1 --heads 1 --dim 8 --context 8 --steps 1 -q -o text.mx 2>&1 || echo "exit $?"
rm -f out.mx
# What a run would keep beside its output is refused.
rm -f out.mx
{
  mx-distill m.age --student auto:50% --epochs 1 "${rows[@]}" "${open[@]}" --cache c.mx -o out.mx || echo "cache: $?"
  mx-prune m.age --sparsity 0.5 --criterion gradient "${rows[@]}" "${open[@]}" --importance i.mx -o out.mx || echo "importance: $?"
  mx-train --init m.age --epochs 1 "${rows[@]}" "${open[@]}" --checkpoint c.ckpt -o out.mx || echo "checkpoint: $?"
  mx-infer eval m.age --data "$d" "${open[@]}" --report r.html || echo "report: $?"
  mx-train --init m.age --epochs 1 --data "$d" --seed 1 "${open[@]}" -o out.mx >/dev/null || echo "none: $?"
} 2>&1 | grep -v 'rows to train on\|^mx-train: [0-9]*: \|epoch\|seconds\| s$'
ls
