# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/digits.mx" ] || { echo "mx-train is not built"; exit 77; }
# Sixteen places of each: behind every one the file is refused with exit 3, and no output is left.
size=$(stat -c %s "$FIXTURES/digits.mx")
for i in $(seq 0 15); do
  at=$((i * size / 16 + 3))
  head -c "$at" "$FIXTURES/digits.mx" >cut.mx
  cp "$FIXTURES/digits.mx" flipped.mx
  byte=$(od -An -tu1 -j "$at" -N 1 flipped.mx)
  printf "\\x$(printf %02x $((byte ^ 16)))" | dd of=flipped.mx bs=1 seek="$at" conv=notrunc 2>/dev/null
  for bad in cut.mx flipped.mx; do
    for command in "check $bad" "$bad -o out.mx" "- -o out.mx" "diff $bad $bad" "export $bad -o out.npz"; do
      status=0
      # shellcheck disable=SC2086 # the words are meant apart
      mx-pack $command <$bad >out.txt 2>err.txt || status=$?
      [ "$status" -eq 3 ] || { echo "$command at byte $at: exit $status"; cat err.txt; }
      [ -z "$(ls out.mx out.npz .out* 2>/dev/null)" ] || echo "$command at byte $at: something is left"
    done
  done
done
