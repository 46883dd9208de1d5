// SPDX-License-Identifier: Apache-2.0
#include "file/rights.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "file/license.h"

namespace mx {
namespace {

TEST_CASE("a model without parents has the rights it is given") {
  const Rights given{.name = "N", .owner = "A", .contact = "a@b", .license = "MIT"};
  CHECK(inherit_rights({}, given) == given);
}

TEST_CASE("owner and contact are inherited unless given, the conditions of all licences add up") {
  const Rights first{.owner = "A", .contact = "a@b", .license = "CC-BY-4.0"};
  const Rights second{.owner = "B", .contact = "a@b", .license = "MIT OR Apache-2.0"};
  const Rights both = inherit_rights({first, second, first}, {});
  CHECK(both.owner == "A; B");
  CHECK(both.contact == "a@b");
  CHECK(both.license == "CC-BY-4.0 AND (MIT OR Apache-2.0)");
  CHECK(inherit_rights({both, first}, {}).owner == "A; B");
  CHECK(inherit_rights({first}, {.owner = "C", .license = "MIT"}).owner == "C");
  CHECK(inherit_rights({first}, {.license = "MIT"}).license == "CC-BY-4.0 AND MIT");
  const Rights plain{.license = "CC-BY-4.0 AND MIT"};
  CHECK(inherit_rights({plain, first}, {}).license == "CC-BY-4.0 AND MIT");
  CHECK(inherit_rights({second}, {}).license == "MIT OR Apache-2.0");
}

TEST_CASE("a name goes on from one parent, terms, notices and own licences from all") {
  const OwnLicense own{"LicenseRef-x", "Ask first.", Permissions::all(Allowed::no)};
  const Rights first{
      .name = "N", .responsible = "R", .output_terms = "free", .notices = {"one"}, .own = {own}};
  const Rights second{.output_terms = "ours", .notices = {"one", "two"}};
  const Rights child = inherit_rights({first, second}, {.output_terms = "asked"});
  CHECK(child.name.empty());
  CHECK(inherit_rights({first}, {}).name == "N");
  CHECK(child.responsible == "R");
  CHECK(child.output_terms == "free; ours; asked");
  CHECK(child.notices == std::vector<std::string>{"one", "two"});
  CHECK(child.own == std::vector{own});
}

TEST_CASE("rights come back from JSON, and older versions know less") {
  const Rights all{.name = "N",
                   .owner = "O",
                   .contact = "C",
                   .responsible = "R",
                   .license = "MIT",
                   .output_terms = "T",
                   .notices = {"n"},
                   .own = {{"LicenseRef-x", "text", Permissions::all(Allowed::conditional)}}};
  CHECK(rights_from_json(to_json(all), 5) == all);
  CHECK_THROWS_AS((void)rights_from_json(to_json(all), 4), Error);
  const Rights old{.owner = "O", .contact = "C", .license = "MIT"};
  CHECK(rights_from_json(to_json(old), 1) == old);
  CHECK(to_json(Rights()).empty());
  Json wrong = to_json(all);
  wrong["own"][0]["serve"] = "maybe";
  CHECK_THROWS_WITH_AS((void)rights_from_json(wrong, 5),
                       "a licence in the head: 'maybe' is none of yes, conditional, no, unknown",
                       Error);
  // A licence of one's own takes nobody else's name.
  for (const char* const id : {"MIT", "licenseref-x", "LicenseRef-x AND MIT", "LicenseRef-", ""}) {
    CAPTURE(id);
    wrong = to_json(all);
    wrong["own"][0]["id"] = id;
    CHECK_THROWS_AS((void)rights_from_json(wrong, 5), Error);
  }
}

TEST_CASE("rights of a hundred thousand parts are put together in one pass") {
  Rights many;
  for (int i = 0; i < 100000; ++i) {
    many.owner += fmt::format("o{}; ", i);
    many.notices.push_back(fmt::format("n{}", i));
    many.own.push_back({fmt::format("LicenseRef-{}", i), "", Permissions()});
    many.license += fmt::format("{}a{}", i == 0 ? "" : " AND ", i % 300);
  }
  const Rights child = inherit_rights({many, many}, {.owner = "", .license = "MIT"});
  CHECK(child.notices.size() == 100000);
  CHECK(child.own.size() == 100000);
}

TEST_CASE("licence expressions are read as SPDX says") {
  using Is = LicenseExpression::Is;
  const auto text = [](std::string_view from) {
    const auto expression = parse_license(from);
    return expression ? to_string(*expression) : "none";
  };
  CHECK(text("MIT") == "MIT");
  CHECK(text(" GPL-2.0+ ") == "GPL-2.0+");
  CHECK(text("(MIT)") == "MIT");
  CHECK(text("a or b and c") == "a OR (b AND c)");
  CHECK(text("(a OR b) AND c") == "(a OR b) AND c");
  CHECK(text("GPL-3.0-only WITH Classpath-exception-2.0 OR MIT") ==
        "GPL-3.0-only WITH Classpath-exception-2.0 OR MIT");
  CHECK(text("DocumentRef-x:LicenseRef-y") == "DocumentRef-x:LicenseRef-y");
  CHECK(text("licenseref-Ours OR LICENSEREF-x") == "LicenseRef-Ours OR LicenseRef-x");
  REQUIRE(parse_license("a AND b OR c"));
  CHECK(parse_license("a AND b OR c")->is == Is::any);
  for (const char* const wrong : {"", "()", "MIT AND", "AND MIT", "MIT Apache", "(MIT", "MIT)",
                                  "all rights reserved", "MIT,ISC", "a WITH", "a WITH OR", "+"}) {
    CAPTURE(wrong);
    CHECK(text(wrong) == "none");
  }
  CHECK(text(std::string(1000, '(') + "a" + std::string(1000, ')')) == "none");
  CHECK(license_parts("a AND (b AND (c OR d))") == std::vector<std::string>{"a", "b", "c OR d"});
  CHECK(license_parts("all rights reserved") == std::vector<std::string>{"all rights reserved"});
  CHECK(all_licenses({"", "MIT AND ISC", "ISC", "a OR b"}) == "MIT AND ISC AND (a OR b)");
  CHECK(license_ids("a AND (b WITH e OR c)") == std::vector<std::string>{"a", "b", "c"});
}

}  // namespace
}  // namespace mx
