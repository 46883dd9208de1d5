# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/lm.mx" ] || { echo "mx-train is not built"; exit 77; }
prune() { mx-prune "$FIXTURES/lm.mx" --pattern "$1" --criterion "$2" --sparsity 0.5 --seed 1 --threads 1 -q --json -o "$1-$2.mx" "${@:3}"; }
# The blocks that are left, and in them heads and neurons. Which layer loses how many is a ranking of measured numbers that
# another processor may settle otherwise where they are close.
left() {
  mx-pack info --json "$1.mx" | jq -c '[.network[] | .residual // empty | .[] | .attention, .feedforward | select(.)] |
    [length] + if ($name | test("blocks")) then [] else [(map(.kv_heads) | add), (map(.hidden) | add)] end' --arg name "$1"
}
for criterion in magnitude gradient wanda sparsegpt likelihood; do
  for pattern in heads neurons blocks; do
    case $criterion-$pattern in wanda-blocks | sparsegpt-blocks) continue ;; magnitude-*) rows=() ;; *) rows=(--data "$FIXTURES/text.txt") ;; esac
    echo "$criterion $pattern $(prune $pattern $criterion "${rows[@]}" | jq -c '[.sparsity, .parameters < 8288]') $(left $pattern-$criterion)"
    mx-pack check $pattern-$criterion.mx
  done
done
mx-infer eval heads-sparsegpt.mx --data "$FIXTURES/text.txt" --json -q | jq '.probability > 0.05 and .probability < 1'
# What stays makes good what went.
loss() { mx-infer eval "$1.mx" --data "$FIXTURES/text.txt" --json -q | jq .loss; }
jq -n --argjson obs "$(loss neurons-sparsegpt)" --argjson wanda "$(loss neurons-wanda)" '$obs < $wanda'
prune heads gradient -f --data "$FIXTURES/text.txt" --finetune-steps 20 --lr 0.003 --schedule gradual | jq -c .sparsity
jq -n --argjson tuned "$(loss heads-gradient)" --argjson not "$(loss heads-magnitude)" '$tuned < $not'
for threads in 1 3; do prune heads sparsegpt -f --data "$FIXTURES/text.txt" --threads $threads >/dev/null; mx-pack export heads-sparsegpt.mx --to npz -o $threads.npz; done
cmp 1.npz 3.npz
