# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack export "$FIXTURES/digits.mx" -o digits.npz
sed 's/out: 10/out: 11/' "$FIXTURES/network.yaml" >other.yaml
mx-pack import --license CC0-1.0 digits.npz --network other.yaml -o m.mx
