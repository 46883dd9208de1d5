# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/stop_often.sh"
awk 'BEGIN { for (i = 0; i < 2000; ++i) printf "%d plus %d is %d.\n", i % 37, i % 11, i % 37 + i % 11 }' >sums.txt
mx-train --data sums.txt --model gpt --tokenizer char --layers 1 --heads 2 --dim 16 --context 16 --steps 20 --seed 1 --threads 1 \
  -q -o base.mx >/dev/null
command=(mx-train --init base.mx --lora 2 --lora-dropout 0.1 --data sums.txt --valid-fraction 0.1 --batch-size 4 --accumulate 2
  --steps 400 --eval-every 100 --optimizer adamw --weight-decay 0.1 --seed 4 --threads 1 --quiet)
"${command[@]}" -o whole.mx >whole.txt
stop_often KILL parts.mx "${command[@]}" --checkpoint-every 60 -o parts.mx >parts.txt
cmp whole.mx parts.mx
mx-pack check whole.mx
# The seed belongs to what is trained, and so do the adapter's options.
"${command[@]}" --resume never --activation-checkpointing -o again.mx >/dev/null
mx-pack diff --ignore-lineage whole.mx again.mx
[ -z "$(find . -name '*.ckpt*' -o -name '.*tmp*')" ]
