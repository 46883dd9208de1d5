# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by cases that make a page with --report.

command -v xmllint >/dev/null || { echo 'xmllint is not installed'; exit 77; }

# result_in PAGE: the JSON document in the page, which must be well-formed.
result_in() { xmllint --xpath 'string(//*[local-name() = "script" and @id = "result"])' "$1"; }

# page_holds PAGE JSON: insists that the page holds just what --json printed, and asks for nothing outside itself.
page_holds() {
  jq -c . "$2" >printed.json
  result_in "$1" | jq -c . | cmp - printed.json
  ! grep -qE 'src=|url\(|@import|<link rel="stylesheet' "$1"
}

# figures PAGE: the titles of its figures.
figures() { xmllint --xpath '//*[local-name() = "figcaption"]/text()' "$1"; echo; }

# refuses_broken_reports TOOL OPTIONS...: an existing page is kept, and nothing is made, or begun, where there is no place.
refuses_broken_reports() {
  local output=()
  [ "$2" = compare ] || [ "$2" = eval ] || output=(-o never.mx)
  local status
  echo kept >kept.html
  for page in kept.html no/where.html; do
    status=0
    "$@" "${output[@]}" --report $page || status=$?
    echo "$page: exit $status"
  done
  [ "$(cat kept.html)" = kept ]
  [ ! -e never.mx ]
  [ ! -e never.mx.ckpt ]
  status=0
  "$@" ${output[@]:+-o full.mx} --report /dev/full >/dev/null || status=$?
  echo "/dev/full: exit $status"
  "$@" ${output[@]:+-o again.mx} -f --report kept.html >/dev/null
  grep -q '</html>' kept.html
  [ -z "$(find . -name '.*.tmp')" ]
}
