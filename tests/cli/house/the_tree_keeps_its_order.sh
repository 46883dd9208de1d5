# SPDX-License-Identifier: Apache-2.0
"$MX_SOURCE/scripts/check_layout.sh"
