# SPDX-License-Identifier: Apache-2.0
mkdir -p t/cli/area bin
cp "$MX_SOURCE/tests/cli/run.sh" t/cli/
one() { cat >"t/cli/area/$1.sh"; }
echo 'echo kept >fixture' | one setup_once
echo 'cat "$FIXTURES/fixture"' | one fixture; echo kept >t/cli/area/fixture.out
echo 'true' | one silent
echo 'echo unexpected' | one noisy
echo 'echo unexpected >&2' | one noisy_err
echo 'exit 3' | one code; echo 3 >t/cli/area/code.exit
echo 'exit 4' | one wrong_code; echo 3 >t/cli/area/wrong_code.exit
echo 'seq 9' | one globbed; printf '1\n...\n[89]\n9\n' >t/cli/area/globbed.out.glob
echo 'seq 9' | one wrong_glob; printf '1\n...\n8\n' >t/cli/area/wrong_glob.out.glob
echo 'seq 2' | one glob_too_long; printf '?\n?\n?\n' >t/cli/area/glob_too_long.out.glob
echo 'echo $RANDOM' | one ignored; touch t/cli/area/ignored.out.ignore
echo 'false; echo not reached' | one stops_at_errors; echo 1 >t/cli/area/stops_at_errors.exit
printf '# timeout: 1\nsleep 20\n' | one endless
echo 'echo no disk to spare; exit 77' | one skipped
echo 'ls -A . "$TMPDIR"; cat' | one fresh; printf '.:\n\n%s:\n' '*' >t/cli/area/fresh.out.glob
bash t/cli/run.sh bin
