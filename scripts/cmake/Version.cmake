# SPDX-License-Identifier: Apache-2.0
# cmake -DVERSION=.. -DSOURCE=.. -DOUTPUT=.. -P Version.cmake: writes the definitions of base/version.h.
execute_process(
  COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// Written by scripts/cmake/Version.cmake.
#include "base/version.h"

namespace mx {

std::string_view version() { return "@VERSION@"; }
std::string_view git_id() { return "@commit@"; }

}  // namespace mx
]])
