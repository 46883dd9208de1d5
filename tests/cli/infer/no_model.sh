# SPDX-License-Identifier: Apache-2.0
for arguments in "" "gone.mx rows.csv" "--device cuda gone.mx rows.csv" "evl gone.mx" "- -"; do
  code=0
  # shellcheck disable=SC2086 # they are several words
  mx-infer $arguments || code=$?
  echo "$code: $arguments"
done
