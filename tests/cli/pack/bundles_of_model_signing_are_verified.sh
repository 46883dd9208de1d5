# SPDX-License-Identifier: Apache-2.0
cp -r "$MX_GOLDEN/oms" . && cd oms
verify() { mx-pack verify "$@" 2>&1 || echo "exit $?"; }
for curve in prime256v1 secp384r1; do verify model --oms $curve.sig --key $curve.pem; done
verify model --oms prime256v1.sig --key secp384r1.pem
# The folder must be what was signed: no more, no less, no other bytes, no links.
check() { verify model --oms prime256v1.sig --key prime256v1.pem; }
echo >model/more && check && rm model/more
mv model/a.txt kept && check
ln -s ../kept model/a.txt && check && rm model/a.txt
tr m n <kept >model/a.txt && check
mv kept model/a.txt
mkdir model/.git && echo >model/.git/x && check && rm -r model/.git
cp prime256v1.sig model/ && verify model --oms model/prime256v1.sig --key prime256v1.pem && rm model/prime256v1.sig
# A bundle made by openssl: of one file, of another statement, of digests that are not these files' together.
openssl ecparam -name prime256v1 -genkey -noout -out own.key
openssl ec -in own.key -pubout -out own.pem 2>/dev/null
digest=$(sha256sum model/a.txt | cut -d ' ' -f 1)
all=$(printf '%s' "$digest" | tr a-f A-F | basenc --base16 -d | sha256sum | cut -d ' ' -f 1)
bundle() { # STATEMENT: own.sig
  type=application/vnd.in-toto+json
  printf 'DSSEv1 %s %s %s %s' "${#type}" "$type" "${#1}" "$1" >encoded
  jq -n --arg payload "$(printf '%s' "$1" | base64 -w 0)" --arg sig "$(openssl dgst -sha256 -sign own.key encoded | base64 -w 0)" \
    --arg type "$type" '{mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
      dsseEnvelope: {payload: $payload, payloadType: $type, signatures: [{sig: $sig}]}}' >own.sig
}
statement() { # CHANGE...: a jq program on the right statement
  jq -nc --arg digest "$digest" --arg all "$all" '{_type: "https://in-toto.io/Statement/v1", subject: [{name: "a", digest: {sha256: $all}}],
    predicateType: "https://model_signing/signature/v1.0", predicate: {serialization: {method: "files", hash_type: "sha256"},
    resources: [{name: ".", algorithm: "sha256", digest: $digest}]}}' | jq -c "$1"
}
own() { bundle "$(statement "$1")" && verify model/a.txt --oms own.sig --key own.pem; }
own .
own '.subject[0].digest.sha256 = .predicate.resources[0].digest'
own '.predicate.resources[0].digest = .subject[0].digest.sha256'
own '.predicate.resources[0].algorithm = "blake2b"'
own '.predicate.resources = []'
own '.predicate.serialization.method = "shards"'
own '.predicateType = "https://slsa.dev/provenance/v1"'
bundle "$(statement .)" && jq '.dsseEnvelope.payload |= (@base64d | sub("files"; "filed") | @base64)' own.sig >changed.sig
verify model/a.txt --oms changed.sig --key own.pem
bundle 'no json' && verify model/a.txt --oms own.sig --key own.pem
echo '{}' >empty.sig && verify model --oms empty.sig --key own.pem
verify model --oms own.key --key own.pem
verify model --oms prime256v1.sig --key own.sig
verify model --oms prime256v1.sig
openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout -out ed.pem && verify model --oms prime256v1.sig --key ed.pem
