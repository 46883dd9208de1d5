# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
for effort in fast normal max; do
  mx-pack "$FIXTURES/pruned.mx" --effort $effort -q -o $effort.mx >/dev/null
  mx-pack diff --ignore-lineage "$FIXTURES/pruned.mx" $effort.mx
  mx-pack check $effort.mx
done
[ "$(stat -c %s max.mx)" -le "$(stat -c %s fast.mx)" ]
mx-pack lineage --json max.mx | jq -c '[.nodes[].operation], .nodes[-1].metrics'
