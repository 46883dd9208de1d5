# SPDX-License-Identifier: Apache-2.0
[ -x "$MX_BIN/mx-train" ] || { echo "mx-train is not built"; exit 77; }
mx-train prepare "$FIXTURES/lines.txt" --documents line --vocab 300 --valid-fraction 0.2 --seed 1 -o a.mx
mx-train prepare "$FIXTURES/lines.txt" --documents line --vocab 300 --valid-fraction 0.2 --seed 1 --no-near-duplicates --dry-run \
  -o b.mx --json | jq -c '[.documents_read, .steps["exact-duplicates"], .steps["near-duplicates"], .parts.train.documents + .parts.valid.documents]'
[ ! -e b.mx ]
