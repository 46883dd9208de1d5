# SPDX-License-Identifier: Apache-2.0
data=(--data "$MX_TEST_DATA/digits.csv" --valid-fraction 0.2 --steps 4 --seed 1)
refused() {
  local code=0
  mx-train tune "$@" -q -o out.mx || code=$?
  echo "exit $code"
}
echo 'lr: {low: 0.001, high: 0.1, log: true}' >space.yaml
echo 'learning-rate: [1]' >unknown.yaml
echo 'optimizer: [adam, adamw, lion]' >value.yaml
echo 'batch-size: [0]' >range.yaml
echo 'tokenizer: [char]' >data.yaml
{
  refused nothing.yaml "${data[@]}"
  refused unknown.yaml "${data[@]}"
  refused data.yaml "${data[@]}"
  refused value.yaml "${data[@]}"
  refused range.yaml "${data[@]}" --trials 2
  refused space.yaml
  refused space.yaml --data "$MX_TEST_DATA/digits.csv" --steps 4
  mx-train "${data[@]}" -q -o base.mx >/dev/null
  echo 'hidden: ["8"]' >hidden.yaml
  refused hidden.yaml "${data[@]}" --init base.mx
} 2>&1
# Settings that do not go together are a failed trial, not the end.
printf 'dim: [8]\nheads: [3, 2]\n' >heads.yaml
seq 1 3000 >numbers.txt
mx-train tune heads.yaml --data numbers.txt --valid-fraction 0.2 --model gpt --dim 8 --heads 2 --layers 1 --context 8 \
  --tokenizer char --steps 2 --seed 2 --trials 6 --threads 1 --json -q -o gpt.mx | jq -r 'select(.error) | .error' | sort -u
# A search of other settings is not gone on with.
mkdir other.mx.trials
echo '{"key": "0", "seed": 1, "found": []}' >other.mx.trials/search.json
mx-train tune space.yaml "${data[@]}" -q -o other.mx 2>&1 || echo "exit $?"
mx-train tune space.yaml "${data[@]}" -q --resume never -o other.mx >/dev/null
mx-pack check other.mx
[ ! -e other.mx.trials ]
