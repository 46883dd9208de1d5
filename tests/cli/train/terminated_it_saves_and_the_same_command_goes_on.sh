# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# The seed is drawn; the run that goes on takes it from the checkpoint.
command=(mx-train --data "$MX_TEST_DATA/digits.csv" --label digit --fold 1/5 --hidden 32 --threads 1 -o out.mx)
for signal in TERM INT; do
  # INT is ignored in background jobs of a script: env gives it its usual meaning back.
  env --default-signal=INT "${command[@]}" --steps 3000 2>err.txt >/dev/null &
  pid=$!
  until [ -e out.mx.ckpt ]; do sleep 0.01; done
  kill -"$signal" "$pid"
  code=0
  wait "$pid" || code=$?
  echo "$signal: exit $code"
  grep -o 'the same command goes on from .*' err.txt
  [ ! -e out.mx ]
  code=0
  "${command[@]}" --steps 2999 2>err.txt || code=$?
  echo "another command: exit $code"
  grep '^mx-train: error\|^mx-train: hint' err.txt
  "${command[@]}" --steps 3000 2>err.txt | grep -o '^3000 steps'
  grep -c 'going on from step' err.txt
  rm out.mx
done
