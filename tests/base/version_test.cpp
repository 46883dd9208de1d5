// SPDX-License-Identifier: Apache-2.0
#include "base/version.h"

#include <doctest/doctest.h>

TEST_CASE("the build knows its version and its commit") {
  CHECK(mx::version().find('.') != std::string_view::npos);
  const std::string_view commit = mx::git_id();
  CHECK((commit == "unknown" ||
         commit.find_first_not_of("0123456789abcdef") == std::string_view::npos));
}
