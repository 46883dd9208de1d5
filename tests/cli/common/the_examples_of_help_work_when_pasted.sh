# SPDX-License-Identifier: Apache-2.0
source "$MX_SOURCE/tests/cli/common/tools.bash"
# timeout: 600
[ -e "$FIXTURES/digits.mx" ] || { echo 'mx-train is not built'; exit 77; }
while read -r command; do
  # shellcheck disable=SC2086
  $command --help | sed -n '/^Examples:/,/^$/s/^  //p' >examples
  while read -r example <&3; do
    rm -rf here
    cp -r "$FIXTURES" here
    # The output is one that is not there yet, unless it is an input as well.
    made=$(sed -nE 's/.* -o ([^ ]+).*/\1/p' <<<"$example")
    [ -z "$made" ] || rm -rf "here/$made"
    status=0
    (cd here && bash -euo pipefail -c "$example" >../out 2>../err </dev/null) || status=$?
    # 1 is an answer: files differ, a gate is missed.
    if [ $status -gt 1 ] || grep -q 'error: ' err; then wrong "exit code $status: $example"; fi
    [ -z "$made" ] || [ "$made" = - ] || [ -s "here/$made" ] || wrong "nothing was made: $example"
    ! grep -q 'warning: ' err || wrong "a warning: $example"
  done 3<examples
done < <(commands)
