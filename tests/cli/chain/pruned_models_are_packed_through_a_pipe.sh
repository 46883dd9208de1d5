# SPDX-License-Identifier: Apache-2.0
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
mx-train --data "$MX_TEST_DATA/digits.csv" --hidden 16 --epochs 2 --seed 1 --threads 1 -q -o a.mx >/dev/null
mx-prune a.mx --sparsity 0.5 --seed 1 -q -o p.mx >/dev/null
mx-pack p.mx -q -o expected.mx >/dev/null
mx-prune a.mx --sparsity 0.5 --seed 1 -q -o - 2>/dev/null | mx-pack - -q -o b.mx >/dev/null
cmp b.mx expected.mx
mx-prune <(cat a.mx) --sparsity 0.5 --seed 1 -q 2>/dev/null -o >(mx-pack - -q -o c.mx >/dev/null; : >done)
for _ in $(seq 200); do [ ! -e done ] || break; sleep 0.05; done
cmp c.mx expected.mx
status=0
mx-prune missing.mx --sparsity 0.5 --seed 1 -o - 2>err | mx-pack - -o d.mx 2>>err || status=$?
echo "exit $status"; cat err
ls -A
