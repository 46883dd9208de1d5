# SPDX-License-Identifier: Apache-2.0
[ -x "$MX_BIN/mx-train" ] || { echo "mx-train is not built"; exit 77; }
# Rows that cannot be read are left out, counted, and the exit code says so; the file is there.
printf '%s\n' '{"text":"a good row"}' '{"text":' '{"txt":"x"}' '{"text":"another good row"}' >a.jsonl
mx-train prepare a.jsonl --tokenizer byte --seed 1 -o a.mx
