# SPDX-License-Identifier: Apache-2.0
command -v mx-train >/dev/null || { echo "mx-train is not built"; exit 77; }
cp "$MX_TEST_DATA/digits.csv" .
head -n 500 digits.csv >few.csv
mx-train --data digits.csv --hidden 8 --epochs 1 --seed 1 --threads 1 -q -o teacher.mx >/dev/null
mx-distill teacher.mx --student auto:50% --data few.csv --epochs 1 --seed 1 --threads 1 -q -o student.mx >/dev/null
mx-prune student.mx --sparsity 0.5 -q -o pruned.mx >/dev/null 2>&1
of() { sha256sum "$1" | cut -d ' ' -f 1; }
named() { sed 's/^[0-9a-f]\{12\}/DIGEST/'; }
mx-pack lineage pruned.mx --uses "$(of digits.csv)" | named
mx-pack lineage pruned.mx --uses "$(of few.csv | cut -c 1-8)" | named
mx-pack lineage pruned.mx --uses "$(mx-pack info teacher.mx --json | jq -r .identity | tr a-f A-F)" --json | jq -c '[.uses, .found[0].kind, .found[0].role, .found[0].used_by]'
mx-pack lineage teacher.mx --uses "$(of few.csv)" || echo "exit $?"
mx-pack lineage pruned.mx --with . | named
# A file is known by what is in it, not by its name.
mkdir elsewhere && mv digits.csv elsewhere/renamed && mv student.mx elsewhere/
echo >>few.csv
mx-pack lineage pruned.mx --with elsewhere --json | jq -c '[.complete, [.ancestors[] | [.kind, .path]]]' || true
mx-pack lineage pruned.mx --with . >/dev/null || echo "exit $?"
mx-pack lineage pruned.mx --dot | sed 's/[0-9a-f]\{64\}/DIGEST/g; s/[0-9a-f]\{12\}/SHORT/g; s/0\.[0-9]*\.[0-9]*/VERSION/'
for bad in abc "$(printf '%065d' 0)" not-hex-at-all; do mx-pack lineage pruned.mx --uses "$bad" || echo "exit $?"; done 2>&1
mx-pack lineage pruned.mx --uses 00000000 --dot 2>&1 || echo "exit $?"
mx-pack lineage pruned.mx --with nowhere 2>&1 || echo "exit $?"
