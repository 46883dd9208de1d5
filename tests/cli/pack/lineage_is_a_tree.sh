# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack "$FIXTURES/pruned.mx" -o m.mx >/dev/null
mx-pack lineage m.mx
mx-pack lineage --json m.mx | jq -c '.nodes[] | [.operation, .tool, .version, (.options | type), .seed, (.parents | length), (.parents[0].sha256 // "" | length), (.data[0].rows // 0), (.metrics | type)]'
