# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2002 # a pipe is wanted
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
mx-train --data "$MX_TEST_DATA/digits.csv" --hidden 8 --epochs 1 --seed 1 --threads 1 -q -o good.mx >/dev/null
cp good.mx unsigned.mx
# A whole model, but not the one that was signed.
mx-train --data "$MX_TEST_DATA/digits.csv" --hidden 8 --epochs 1 --seed 2 --threads 1 -q -o bad.mx >/dev/null
mx-pack keygen --no-passphrase -o k.key >/dev/null
mx-pack sign good.mx --key-file k.key
cp good.mx.minisig bad.mx.minisig
d=$MX_TEST_DATA/digits.csv
rows=(--data "$d" --seed 1 --threads 1 -q)
only=(--require-signed k.key.pub)
each() { # MODEL: what every command that reads a model says of it.
  local code
  while read -r command; do
    code=0
    # shellcheck disable=SC2086
    $command "${only[@]}" >said 2>&1 || code=$?
    echo "$code $(sed -n 's/^[a-z-]*: error: //p' said | head -n 1 | sed 's/[0-9A-F]\{16\}/KEY/')"
    rm -f out.*
  done <<END | sort | uniq -c | sed 's/^ *//'
mx-pack info $1
mx-pack list $1
mx-pack check $1
mx-pack lineage $1
mx-pack diff $1 $1
mx-pack extract $1 --tensor head.weight -o out.npy
mx-pack export $1 -o out.npz
mx-pack $1 -o out.mx
mx-pack $1 --quantize int8 -o out.mx
mx-infer $1 $d -o out.txt
mx-infer eval $1 --data $d
mx-infer compare good.mx $1 --data $d
mx-infer compare $1 good.mx --data $d
mx-infer bench $1
mx-prune $1 --sparsity 0.5 -o out.mx
mx-distill $1 --student auto:50% --steps 1 ${rows[*]} -o out.mx
mx-distill good.mx --student $1 --steps 1 ${rows[*]} -o out.mx
mx-train --init $1 --steps 1 ${rows[*]} -o out.mx
END
}
for model in good unsigned bad; do
  echo "$model:"
  each "$model.mx"
done
# Through pipes, nothing of what is not signed comes out whole.
for model in good bad; do
  for command in "mx-pack check -" "mx-pack info -" "mx-pack extract - --tensor head.weight -o out.npy" "mx-pack - -o out.mx" "mx-infer - $d -o out.txt"; do
    code=0
    # shellcheck disable=SC2086
    cat "$model.mx" | $command "${only[@]}" --signature good.mx.minisig >/dev/null 2>said || code=$?
    echo "$model $code $(ls out.* 2>/dev/null || true)$(sed -n 's/^[a-z-]*: error: //p' said | head -n 1 | sed 's/[0-9A-F]\{16\}/KEY/')"
    rm -f out.*
  done
done
