# SPDX-License-Identifier: Apache-2.0
# timeout: 300
source "$MX_SOURCE/tests/cli/common/tools.bash"
while read -r command; do
  for page in --help --dump-config --version; do
    status=0
    # shellcheck disable=SC2086
    $command $page >/dev/full 2>err || status=$?
    [ $status -eq 4 ] || wrong "exit code $status, not 4: $command $page >/dev/full"
    lines err "${command%% *}: error: cannot write standard output: No space left on device"
    status=0
    # shellcheck disable=SC2086
    $command $page >&- 2>err || status=$?
    [ $status -eq 4 ] || wrong "exit code $status, not 4: $command $page >&-"
  done
  # A page that nobody reads on ends quietly.
  # shellcheck disable=SC2086
  { $command --help 2>err || true; } | head -n 1 >out
  [ ! -s err ] || wrong "$command --help | head -n 1 says something"
done < <(commands)
