# SPDX-License-Identifier: Apache-2.0
if [ ! -x "$MX_BIN/mx-train" ] || [ ! -x "$MX_BIN/mx-pack" ]; then
  echo 'mx-train is not built'
  exit 77
fi
# Licence and source of the data stay with the file, and the digest is of the file as it came.
gzip -c "$FIXTURES/lines.txt" >a.txt.gz
mx-train prepare a.txt.gz --tokenizer byte --seed 1 -q -o a.mx --data-license CC-BY-4.0 --data-source https://example.org/a >/dev/null
mx-pack lineage a.mx --json | jq -c '.nodes[0] | [.operation, .data[0].license, .data[0].source]'
[ "$(mx-pack lineage a.mx --json | jq -r '.nodes[0].data[0].sha256')" = "$(sha256sum <a.txt.gz | cut -d' ' -f1)" ]
