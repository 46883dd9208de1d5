#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: tests/golden/oms/make.sh
#
# Signs model/ again with keys made for it, by OpenSSF's own program: pip install model-signing==1.1.1 pyOpenSSL (both in
# the PATH's python environment). Only public keys are kept.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
secret=$(mktemp)
trap 'rm -f "$secret"' EXIT
for curve in prime256v1 secp384r1; do
  openssl ecparam -name "$curve" -genkey -noout -out "$secret"
  openssl ec -in "$secret" -pubout -out "$curve.pem" 2>/dev/null
  model_signing sign key model --private_key "$secret" --signature "$curve.sig"
done
