#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/check_install.sh [BUILD_FOLDER]
#
# Installs a build into a fresh folder, moves it, and runs every tool there with the build folder and LibTorch hidden:
# what is installed must need nothing but itself and the system.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
folder=$(cd "${1:-build/release}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$folder" --prefix "$work/first" >"$work/log" || { cat "$work/log"; fail "cmake --install failed"; }
prefix=$work/moved
mv "$work/first" "$prefix"

for tool in train distill prune pack infer; do
  for file in "bin/mx-$tool" "share/man/man1/mx-$tool.1" "share/bash-completion/completions/mx-$tool" \
    "share/zsh/site-functions/_mx-$tool" "share/fish/vendor_completions.d/mx-$tool.fish"; do
    [ -s "$prefix/$file" ] || fail "$file was not installed"
  done
  foreign=$(ldd "$prefix/bin/mx-$tool" | awk -v prefix="$prefix/" '
    /not found/ || ($3 ~ /^\// && index($3, prefix) != 1 && $3 !~ /^\/(usr\/)?lib(64)?\//)')
  [ -z "$foreign" ] || fail "mx-$tool needs what is not installed: $foreign"
done
! ldd "$prefix"/bin/mx-pack "$prefix"/bin/mx-infer | grep -qi torch || fail "a tool of the ground floor links LibTorch"

libtorch=$(sed -n 's/^LibTorch_CPU_LIBRARY:FILEPATH=\(.*\)\/lib\/libtorch_cpu\.so$/\1/p' "$folder/CMakeCache.txt")
cat >"$work/use.sh" <<'USE'
set -eu
cd "$1"
export PATH=$2/bin:/usr/bin:/bin
mx-train --config "$2/share/mx/configs/digits-mlp.yaml" --data digits.csv --epochs 2 -q -o trained.mx
mx-distill trained.mx --student "$2/share/mx/configs/digits-small.yaml" --data digits.csv --epochs 2 -q -o distilled.mx
mx-prune distilled.mx --sparsity 0.5 -q -o pruned.mx
mx-pack pruned.mx -q -o packed.mx
test "$(head -n 4 digits.csv | mx-infer packed.mx | wc -l)" -eq 3
USE
cp tests/data/digits.csv "$work/"
if unshare --user --map-root-user --mount true 2>/dev/null; then
  # shellcheck disable=SC2016
  unshare --user --map-root-user --mount bash -eu -c '
    for hidden in "$1" "$2"; do mount -t tmpfs -o size=4k none "$hidden"; done
    bash "$3/use.sh" "$3" "$4"' _ "$folder" "${libtorch:?}" "$work" "$prefix"
else
  say "folders cannot be hidden here (no user namespaces): the tools run with them in sight"
  bash "$work/use.sh" "$work" "$prefix"
fi
