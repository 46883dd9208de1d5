# SPDX-License-Identifier: Apache-2.0
[ -x "$MX_BIN/mx-train" ] || { echo "mx-train is not built"; exit 77; }
# What --help shows works when it is pasted.
cp "$FIXTURES/lines.txt" lines.txt
cp lines.txt tiny.txt
mx-train prepare --help | sed -n '/^Examples:/,/^$/s/^  //p' >examples
[ "$(wc -l <examples)" -ge 2 ]
bash -euo pipefail examples >out 2>err
[ -e lines.mx ] && [ -e tiny.mx ]
