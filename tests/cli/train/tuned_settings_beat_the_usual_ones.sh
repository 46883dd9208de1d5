# SPDX-License-Identifier: Apache-2.0
data=(--data "$MX_TEST_DATA/digits.csv" --valid-fraction 0.2 --epochs 10 --threads 1)
cat >space.yaml <<'END'
lr: {low: 0.0005, high: 0.02, log: true}
batch-size: [8, 16, 32]
hidden: ["64", "128,64"]
END
for seed in 1 2 3; do
  mx-train tune space.yaml "${data[@]}" --seed "$seed" --trials 20 --json -q -o tuned.mx >lines
  mx-train "${data[@]}" --seed "$seed" --json -q -o usual.mx >usual
  jq -n --slurpfile tuned <(tail -n 1 lines) --slurpfile usual usual '$tuned[0].valid_loss < $usual[0].valid_loss'
  rm usual.mx
  [ "$seed" = 3 ] || rm tuned.mx
done
[ "$(ls)" = "$(printf '%s\n' lines space.yaml tuned.mx usual)" ]
# One line for each trial, the last of them for the best: its settings alone give the same weights.
jq -c 'keys' lines | sort | uniq -c | sed 's/^ *//'
mapfile -t settings < <(tail -n 1 lines | jq -r '.settings | to_entries[] | "--\(.key)\n\(.value | if type == "array" then join(",") else . end)"')
mx-train "${data[@]}" --seed 3 "${settings[@]}" -q -o again.mx >/dev/null
mx-pack diff --ignore-lineage tuned.mx again.mx
mx-pack lineage --json tuned.mx | jq -c '.nodes[0] | [.operation, .options.trials, .options.space["batch-size"], .options.trial == $best]' --argjson best "$(tail -n 1 lines | jq .best)"
