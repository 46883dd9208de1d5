# SPDX-License-Identifier: Apache-2.0
# Text that the cases share: 120 lines, the last one twice, and a few that are nearly equal.
for i in $(seq 1 120); do
  echo "Line $i of a small text: $((i * 7919)) and $((i * 104729)) are numbers, $((i * i)) is a square, $((i * 31)) is none."
done >first.txt
{ cat first.txt; tail -1 first.txt; head -3 first.txt | sed 's/square/Square/'; } >lines.txt
