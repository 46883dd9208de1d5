# SPDX-License-Identifier: Apache-2.0
[ -x "$MX_BIN/mx-train" ] || { echo "mx-train is not built"; exit 77; }
# One line without end is cut between characters; binary junk is repaired and counted.
head -c 300000 /dev/zero | tr '\0' 'x' >a.txt
head -c 5000 /bin/bash >junk.bin
mx-train prepare a.txt --documents line --max-document 64KiB --no-near-duplicates --no-exact-duplicates --tokenizer byte --seed 1 -q -o a.mx --json |
  jq -c '[.documents_read, .documents_cut, .parts.train]'
mx-train prepare junk.bin --tokenizer byte --seed 1 -q -o b.mx --json | jq -c .steps.utf8
