#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: scripts/attack.sh [NAME...]
#
# Writes a corpus of hostile files (model files with right checksums and wrong content, archives, tensors, tokenizers,
# rows, YAML) and holds memory and processor time of every command that reads them against the promise of lib/README.md:
# a refused file costs at most twice its size + 64 MiB and 2 s per started MB, an accepted one at most --max-memory.
# NAME: only files whose name contains it. One table at the end; the exit status is 1 when a promise is broken.
# The files stay in build/attack.
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
use_tools
environment=$(cache_folder)/attack-1
if [ ! -d "$environment" ]; then
  say "installing xxhash into $environment"
  /usr/bin/python3 -m venv --without-pip "$environment.part" || fail "no virtual environment could be made" "apt-get install python3-venv"
  /usr/bin/python3 -m pip --python "$environment.part/bin/python" install --quiet --disable-pip-version-check xxhash==3.6.0 >&2 ||
    fail "xxhash could not be installed" "check the network, and run this again"
  mv "$environment.part" "$environment"
fi
rm -rf build/attack
mkdir -p build/attack
status=0
"$environment/bin/python" scripts/attack.py build/release/bin build/attack "$@" >build/attack.table || status=$?
table <build/attack.table
exit $status
