// SPDX-License-Identifier: Apache-2.0
#include "file/rights.h"

#include <doctest/doctest.h>

namespace mx {
namespace {

TEST_CASE("a model without parents has the rights it is given") {
  const Rights rights = inherit_rights({}, {.owner = "A", .contact = "a@b", .license = "MIT"});
  CHECK(rights.owner == "A");
  CHECK(rights.contact == "a@b");
  CHECK(rights.license == "MIT");
}

TEST_CASE("owner and contact are inherited unless given, the conditions of all licences add up") {
  const Rights first{.owner = "A", .contact = "a@b", .license = "CC-BY-4.0"};
  const Rights second{.owner = "B", .contact = "a@b", .license = "MIT OR Apache-2.0"};
  const Rights both = inherit_rights({&first, &second, &first}, {});
  CHECK(both.owner == "A; B");
  CHECK(both.contact == "a@b");
  CHECK(both.license == "CC-BY-4.0 AND (MIT OR Apache-2.0)");
  CHECK(inherit_rights({&first}, {.owner = "C", .contact = "", .license = "MIT"}).owner == "C");
  CHECK(inherit_rights({&first}, {.owner = "", .contact = "", .license = "MIT"}).license ==
        "CC-BY-4.0 AND MIT");
  const Rights plain{.owner = "", .contact = "", .license = "CC-BY-4.0 AND MIT"};
  CHECK(inherit_rights({&plain, &first}, {}).license == "CC-BY-4.0 AND MIT");
  CHECK(inherit_rights({&second}, {}).license == "MIT OR Apache-2.0");
}

}  // namespace
}  // namespace mx
