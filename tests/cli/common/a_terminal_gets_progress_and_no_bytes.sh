# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
command -v script >/dev/null || { echo 'script is not installed'; exit 77; }
[ -e "$FIXTURES/model.mx" ] || { echo 'mx-pack is not built'; exit 77; }
# on_terminal CODE COMMAND: what the command shows on a terminal of its own, in the file out.
on_terminal() { TERM=xterm expect "$1" script -qec "$2" /dev/null; }
cp "$FIXTURES/model.mx" in.mx
# Asked for with -o -, bytes go to a terminal all the same.
on_terminal 0 'mx-pack in.mx -o -'
[ -s out ] || wrong 'mx-pack -o - wrote nothing to the terminal'
# An error is red there, and plain with NO_COLOR or --color never.
on_terminal 3 'mx-pack info nothing.mx'
grep -q $'\033\[1;31merror: \033' out || wrong 'an error has no color on a terminal'
on_terminal 3 'NO_COLOR=1 mx-pack info nothing.mx'
! grep -q $'\033' out || wrong 'NO_COLOR is not honoured'
on_terminal 3 'mx-pack info nothing.mx --color never'
! grep -q $'\033' out || wrong '--color never is not honoured'
[ -e "$FIXTURES/digits.mx" ] || exit 0
# A model and no rows, while standard input is a terminal: usage, no silent wait.
on_terminal 2 "mx-infer $FIXTURES/digits.mx"
grep -q '^usage: mx-infer ' out || wrong 'mx-infer waits for rows from a terminal'
# Training shows one line that is written over, with the time left; --progress never does not.
train="mx-train --seed 1 --threads 1 --data $FIXTURES/digits.csv --hidden 64 --epochs 300 -f -o out.mx"
on_terminal 0 "$train"
grep -q $'\rmx-train: [a-z]* [0-9]*/[0-9]*, [0-9]* %, .*left' out || wrong 'no progress on a terminal'
on_terminal 0 "$train --progress never"
! grep -q $'\rmx-train: ' out || wrong '--progress never shows progress'
