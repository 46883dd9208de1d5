# SPDX-License-Identifier: Apache-2.0
# commands: every tool and verb.
source "$MX_SOURCE/tests/cli/common/tools.bash"
commands >made && mv made commands
# model.mx: a network without a schema, made without LibTorch. digits.mx: one that reads rows, where mx-train is built.
command -v mx-pack >/dev/null || exit 0
cat >network.yaml <<'END'
- input: {shape: [10]}
- linear: {name: "0", in: 10, out: 20}
- linear: {name: head, in: 20, out: 10}
END
cp "$MX_GOLDEN/regression-first.npz" weights.npz
cp "$MX_SOURCE/tests/convert/golden/model.pth" .
mx-pack import --license CC0-1.0 weights.npz --network network.yaml -o model.mx
mx-pack export model.mx -q -o plain.npz 2>/dev/null # which does not say a license
mx-pack import plain.npz --license CC-BY-4.0 -q -o plain.mx >/dev/null
mx-pack export plain.mx -o weights.safetensors
rm plain.*
cp "$MX_TEST_DATA/digits.csv" .
printf 'one line\nanother line\none more\na fourth\n%.0s' {1..20} | tee lines.txt >tiny.txt
printf 'lr: {low: 0.0005, high: 0.02, log: true}\nhidden: ["8", "16"]\n' >space.yaml
command -v mx-train >/dev/null || exit 0
mx-train --seed 1 --threads 1 -q --data digits.csv --hidden 8 --epochs 2 --optimizer adam -o digits.mx
mx-train --seed 1 --threads 1 -q --data tiny.txt --model gpt --tokenizer byte --layers 1 --heads 2 --dim 16 --context 16 --steps 50 -o lm.mx
mx-pack digits.mx -o packed.mx
mx-train --seed 1 --threads 1 -q --init digits.mx --lora 2 --data digits.csv --epochs 1 -o adapter.mx
mx-pack keygen --no-passphrase -o team.key >/dev/null
mx-pack sign packed.mx --key-file team.key
mx-pack keygen --age -o team.identity >/dev/null
mx-pack encrypt digits.mx --recipient "$(sed -n 's/# public key: //p' team.identity)" -o sealed.mx.age
cp -r "$MX_GOLDEN/oms/model" folder && cp "$MX_GOLDEN/oms/prime256v1.sig" folder.sig && cp "$MX_GOLDEN/oms/prime256v1.pem" signer.pem
(umask 077 && echo 'a passphrase of some words' >words.txt)
for copy in teacher student small big other base tuned a b; do cp digits.mx $copy.mx; done
