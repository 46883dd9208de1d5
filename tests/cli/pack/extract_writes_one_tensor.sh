# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
mx-pack extract "$FIXTURES/digits.mx" --tensor head.bias -o bias.npy
head -c 6 bias.npy | od -An -c
mx-pack extract "$FIXTURES/digits.mx" --tensor head.bias --as raw -o bias.raw
stat -c %s bias.raw
tail -c 40 bias.npy | cmp - bias.raw
mx-pack extract - --tensor head.bias --as raw -o - <"$FIXTURES/digits.mx" | cmp - bias.raw
cat "$FIXTURES/digits.mx" | mx-pack extract - --tensor head.bias -o - | cmp - bias.npy
