# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack export "$FIXTURES/digits.mx" -o digits.npz
mx-pack import --license CC0-1.0 digits.npz --network "$FIXTURES/network.yaml" -o m.mx
mx-pack check m.mx
mx-pack lineage --json m.mx | jq -c '.nodes[] | [.operation, .data[0].role]'
[ "$(mx-pack lineage --json m.mx | jq -r '.nodes[0].data[0].sha256')" = "$(sha256sum <digits.npz | cut -d' ' -f1)" ]
