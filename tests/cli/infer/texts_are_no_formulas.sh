# SPDX-License-Identifier: Apache-2.0
command -v mx-train >/dev/null || { echo 'mx-train is not built'; exit 77; }
esc=$(printf '\033')
rows() { for i in 0 1 2 3 4 5 6 7 8 9; do echo "$i,0,0,0,0,=1+1"; echo "0,$i,0,0,0,@cmd"; echo "0,0,$i,0,0,-3"; echo "0,0,0,$i,0,-x"; echo "0,0,0,0,$i,e$esc[2J"; done; }
{ echo a,b,c,d,e,y; rows; } >rows.csv
mx-train --data rows.csv --hidden 16 --epochs 1 --seed 1 --threads 1 -q -o m.mx >/dev/null
printf "a,b,c,d,e\n9,0,0,0,0\n" | mx-infer --output tsv --top 5 m.mx - | tr '\t' '\n' | grep -v '^0\.' | sort -u
