# SPDX-License-Identifier: Apache-2.0
golden=$MX_SOURCE/tests/convert/golden
cat >mlp.yaml <<'YAML'
- input: {shape: [10]}
- linear: {name: one, in: 10, out: 20}
- activation: {kind: relu}
- batchnorm: {name: norm, dim: 20}
- linear: {name: two, in: 20, out: 10}
YAML
mx-pack import "$golden/mlp.pth" --network mlp.yaml --license MIT -o mlp.mx
mx-pack check mlp.mx
# The same tensors, bit for bit, as other programs hold them.
mx-pack export mlp.mx -o mlp.npz -q 2>/dev/null
mx-pack import mlp.npz --network mlp.yaml --license MIT -q -o again.mx >/dev/null
mx-pack diff mlp.mx again.mx | grep tensor || echo "no tensor differs"
# A checkpoint's model, what a pipe brings, and tensors without a network.
mx-pack import "$golden/checkpoint.pt" --network mlp.yaml --license MIT -q -o c.mx >/dev/null
mx-pack diff mlp.mx c.mx | grep tensor || echo "no tensor differs"
mx-pack import "$golden/old.pt" --license MIT -q -o old.mx >/dev/null  # from before PyTorch 1.6
mx-pack list old.mx | cut -d ' ' -f 1-2
mx-pack import - --license MIT -q -o types.mx <"$golden/types.pt" >/dev/null
mx-pack list types.mx | cut -d ' ' -f 1-2 | head -n 3
mx-pack lineage mlp.mx --uses "$(sha256sum "$golden/mlp.pth" | cut -d ' ' -f 1)" | cut -d ' ' -f 2-
# What wants to run something is refused by its name, and has not run it.
python3 - <<'PY'
import pickle
import zipfile


class Harm:
    def __reduce__(self):
        import os
        return os.system, ("touch harmed",)


for name, value in (("harm.pt", {"w": Harm()}), ("class.pt", {"w": complex(1, 2)})):
    with zipfile.ZipFile(name, "w") as file:
        file.writestr("x/data.pkl", pickle.dumps(value, protocol=2))
with open("old.pt", "wb") as file:
    file.write(pickle.dumps(119547037146038801333356, protocol=2))
PY
for file in harm.pt class.pt old.pt; do mx-pack import $file -o no.mx 2>&1 || echo "exit $?"; done
head -c 3000 "$golden/mlp.pth" >cut.pth
mx-pack import cut.pth -o no.mx 2>&1 || echo "exit $?"
ls
