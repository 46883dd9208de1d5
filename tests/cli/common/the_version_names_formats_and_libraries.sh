# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
for tool in $(tools); do
  expect 0 "$tool" --version
  grep -Exq "$tool [0-9]+\.[0-9]+\.[0-9]+ \(([0-9a-f]{12}|unknown)\)" out || wrong "$tool --version"
  [ "$(wc -l <out)" -eq 1 ] || wrong "$tool --version is more than a line"
  expect 0 "$tool" --version -v
  for label in reads writes libraries; do
    grep -q "^$label: ." out || wrong "$tool --version -v has no line of $label"
  done
  case $tool in
    mx-train | mx-distill | mx-prune) grep -q '^libraries: .*LibTorch 2' out || wrong "$tool does not name LibTorch" ;;
  esac
done
