# SPDX-License-Identifier: Apache-2.0
# timeout: 180
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
cp "$FIXTURES"/{own.mx,adapter.mx,rows.csv} .
echo '{model: mlp, hidden: [2]}' >small.yaml
rows=(--data rows.csv --seed 1 --threads 1 -q)
# Each operation against models under one licence of each kind; p: done, -: refused.
declare -A does=(
  [train]='mx-train --init MODEL --epochs 1'
  [adapt]='mx-train --init MODEL --lora 2 --epochs 1'
  [teach]='mx-distill MODEL --student small.yaml --epochs 1'
  [cut]='mx-distill MODEL --student auto:90% --epochs 1'
  [begin]='mx-distill own.mx --student MODEL --epochs 1'
  [prune]='mx-prune MODEL --sparsity 0.5 --finetune-epochs 1')
printf '%-22s' ''; operations=(train adapt teach cut begin prune)
echo "${operations[*]}"
for license in MIT CC-BY-NC-4.0 CC-BY-ND-4.0 GPL-3.0-or-later llama2 llama3.1 gemma openrail LicenseRef-new NONE 'NONE OR MIT' 'MIT AND hosted-api'; do
  mx-pack own.mx --license "$license" -f -q -o m.mx 2>/dev/null >/dev/null
  printf '%-22s' "$license"
  for operation in "${operations[@]}"; do
    code=0; ${does[$operation]//MODEL/m.mx} "${rows[@]}" --dry-run -f -o out.mx >/dev/null 2>err || code=$?
    case $code in 0) answer=p ;; 3) answer=-; grep -q 'error: refused: out.mx <- .*m.mx' err || answer=? ;; *) answer=$code ;; esac
    printf "%-$((${#operation} + 1))s" $answer
  done
  for options in '--quantize int8' '--adapter adapter.mx' ''; do
    # shellcheck disable=SC2086
    mx-pack m.mx $options -f -q -o out.mx >/dev/null 2>&1 && printf p || printf %s -
  done
  mx-infer m.mx rows.csv >/dev/null 2>&1 && echo p || echo -
done
# Data under them.
for license in CC-BY-SA-4.0 CC-BY-ND-4.0 hosted-api LicenseRef-new; do
  mx-train "${rows[@]}" --hidden 4 --epochs 1 --data-license $license -f -o out.mx >/dev/null 2>err && echo "data $license: done" || { echo "data $license: exit $?"; head -n 1 err; }
done
mx-train --data rows.csv --data rows.csv --data-license MIT --data-license hosted-api --epochs 1 -f -q -o out.mx 2>&1 | head -n 1
# No data file was opened when it was refused.
strace -o trace true 2>/dev/null || { echo "strace does not trace here"; exit 77; }
mx-pack own.mx --license NONE -f -q -o m.mx >/dev/null
for operation in train teach cut prune; do
  strace -f -e trace=openat,open -o trace ${does[$operation]//MODEL/m.mx} "${rows[@]}" -f -o out.mx >/dev/null 2>&1 || echo "$operation: exit $?, rows opened $(grep -c 'rows.csv' trace || true) times, models $(grep -c '"m.mx"' trace)"
done
strace -f -e trace=openat,open -o trace mx-train "${rows[@]}" --hidden 4 --data-license NONE -f -o out.mx >/dev/null 2>&1 || echo "data: exit $?, rows opened $(grep -c 'rows.csv' trace || true) times"
strace -f -e trace=openat,open -o trace mx-pack m.mx --quantize int8 --calibrate rows.csv -f -o out.mx >/dev/null 2>&1 || echo "quantize: exit $?, rows opened $(grep -c 'rows.csv' trace || true) times"
