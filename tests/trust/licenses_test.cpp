// SPDX-License-Identifier: Apache-2.0
#include "trust/licenses.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "trust/standing.h"

namespace mx {
namespace {

std::string letters(const Permissions& permissions) {
  std::string out;
  for (const Permission one : kPermissions) out += name_of(permissions[one]).front();
  return out;
}

TEST_CASE("the starting values are these, each with its source") {
  const LicenseTable table = LicenseTable::standard();
  // serve, modify, distil, redistribute, commercial; b: students are bound, f: they are free.
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"Apache-2.0", "yyycyf"},
      {"MIT", "yyycyf"},
      {"ISC", "yyycyf"},
      {"BSD-2-Clause", "yyycyf"},
      {"BSD-3-Clause", "yyycyf"},
      {"CC0-1.0", "yyyyyf"},
      {"Unlicense", "yyyyyf"},
      {"CC-BY-4.0", "ccccyb"},
      {"CC-BY-SA-4.0", "ccccyb"},
      {"CC-BY-NC-4.0", "ccccnb"},
      {"CC-BY-NC-SA-4.0", "ccccnb"},
      {"CC-BY-ND-4.0", "cnucyb"},
      {"CC-BY-NC-ND-4.0", "cnucnb"},
      {"GPL-2.0-only", "ycycyf"},
      {"GPL-3.0-only", "ycycyf"},
      {"LGPL-2.1-only", "ycycyf"},
      {"LGPL-3.0-only", "ycycyf"},
      {"AGPL-3.0-only", "ccycyf"},
      {"LicenseRef-Llama-2", "ccnccb"},
      {"LicenseRef-Llama-3", "ccnccb"},
      {"LicenseRef-Llama-3.1", "cccccb"},
      {"LicenseRef-Llama-3.2", "cccccb"},
      {"LicenseRef-Llama-3.3", "cccccb"},
      {"LicenseRef-OpenRAIL-M", "cccccb"},
      {"LicenseRef-Gemma", "cccccb"},
      {"LicenseRef-hosted-api", "unnuub"},
      {"NONE", "nnnnnb"},
      {"NOASSERTION", "uuuuub"}};
  REQUIRE(table.rows().size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const LicenseRow& row = table.rows()[i];
    CAPTURE(row.id);
    CHECK(row.id == expected[i].first);
    CHECK(letters(row.permissions) + (row.binds_students ? "b" : "f") == expected[i].second);
    CHECK(row.source.starts_with("https://"));
    // What is conditional names its conditions.
    const bool conditional = letters(row.permissions).find('c') != std::string::npos;
    CHECK(row.duties.empty() != conditional);
    for (const LicenseRow& other : table.rows()) {
      for (const std::string& name : row.also)
        CHECK((other.id == row.id || table.find(name) == &row));
    }
  }
}

TEST_CASE("licences are found under their other names, and spelled as SPDX does") {
  const LicenseTable table = LicenseTable::standard();
  CHECK(table.find("apache-2.0")->id == "Apache-2.0");
  CHECK(table.find("llama3.1")->id == "LicenseRef-Llama-3.1");
  CHECK(table.find("GPL-2.0+")->id == "GPL-2.0-only");
  CHECK(table.find("nothing") == nullptr);
  CHECK(spelled("mit or (gpl-3.0-or-later with x)", table) == "MIT OR GPL-3.0-or-later WITH x");
  CHECK(spelled("gpl-2.0+", table) == "GPL-2.0-only+");
  CHECK(spelled("cc-by-3.0", table) == "CC-BY-3.0");
  CHECK(spelled("all rights reserved", table) == "all rights reserved");
}

TEST_CASE("a row can be changed or added, and what is no row is refused with its line") {
  LicenseTable table = LicenseTable::standard();
  const std::size_t before = table.rows().size();
  const std::string_view allows =
      "serve: yes, modify: no, distil: no, redistribute: no, commercial: no";
  table.add(io::parse_yaml(
                fmt::format("MIT: {{{}}}\nLicenseRef-x: {{{}, students: free}}\n", allows, allows),
                "p.yaml"),
            "", "p.yaml");
  CHECK(table.rows().size() == before + 1);
  CHECK(letters(table.find("MIT")->permissions) == "ynnnn");
  CHECK(!table.find("licenseref-X")->binds_students);
  const auto refusal = [&](const std::string& text) {
    try {
      table.add(io::parse_yaml(text, "p.yaml"), "", "p.yaml");
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::usage);
      return error.message();
    }
    return std::string("taken");
  };
  CHECK(refusal("\nx: {serve: yes}") == "p.yaml:2: x: \"modify\" is missing");
  CHECK(refusal(fmt::format("x: {{{}, duties: [pay]}}", allows)) ==
        "p.yaml:1: x: 'pay' is no duty");
  CHECK(refusal(fmt::format("x: {{{}, students: some}}", allows)) ==
        "p.yaml:1: x: students are bound or free, not 'some'");
  CHECK(refusal(fmt::format("x: {{{}, more: 1}}", allows)) ==
        "p.yaml:1: x: the key \"more\" is not known");
  CHECK(refusal("[MIT]") == "p.yaml: licences are named, each with its values");
}

Record step(const char* operation, std::vector<Parent> parents, std::vector<DataUsed> data,
            std::optional<std::uint8_t> model) {
  Record out;
  out.operation = operation;
  out.parents = std::move(parents);
  out.data = std::move(data);
  if (model) out.model = Sha256{*model};
  return out;
}

TEST_CASE("a model has the least of what its licences and its data's allow, and all duties") {
  const LicenseTable table = LicenseTable::standard();
  const auto of = [&](const char* license) {
    return standing({.license = license}, Lineage(), table);
  };
  CHECK(!of("").stated);
  CHECK(letters(of("MIT AND CC-BY-NC-4.0").permissions) == "ccccn");
  CHECK(of("MIT AND CC-BY-NC-4.0").duties().contains(Duty::license_text));
  CHECK(of("MIT AND CC-BY-NC-4.0").duties().contains(Duty::non_commercial));
  // Of alternatives the better one.
  CHECK(letters(of("CC-BY-NC-4.0 OR MIT").permissions) == "yyycy");
  CHECK(!of("CC-BY-NC-4.0 OR MIT").duties().contains(Duty::non_commercial));
  CHECK(letters(of("LicenseRef-new").permissions) == "uuuuu");
  CHECK(letters(of("all rights reserved").permissions) == "uuuuu");
  CHECK(letters(of("GPL-3.0-only WITH Classpath-exception-2.0").permissions) == "ycycy");
  CHECK(of("LicenseRef-Llama-3.1").name_prefixes() == std::vector<std::string>{"Llama"});
  CHECK(of("LicenseRef-Llama-3.1").displays() == std::vector<std::string>{"Built with Llama"});
  CHECK(of("LicenseRef-Llama-3.1").notices().size() == 1);
  Rights own{.license = "LicenseRef-ours", .own = {{"LicenseRef-ours", "", Permissions()}}};
  own.own[0].permissions.set(Permission::serve, Allowed::yes);
  CHECK(letters(standing(own, Lineage(), table).permissions) == "yuuuu");

  // Data that a model was trained on counts, also through its parents; not what it was measured on,
  // nor what only a teacher saw.
  const DataUsed nc{Sha256{9}, 1, "train", "CC-BY-NC-4.0", "there"};
  const DataUsed nd{Sha256{8}, 1, "valid", "CC-BY-ND-4.0", ""};
  Lineage line;
  line.records = {step("train", {}, {nc, nd}, 1), step("prune", {{Sha256{1}, "input"}}, {}, {})};
  const Standing pruned = standing({.license = "MIT"}, line, table);
  CHECK(letters(pruned.permissions) == "ccccn");
  REQUIRE(pruned.terms.size() == 2);
  CHECK(pruned.terms[1].of_data);
  CHECK(pruned.terms[1].source == "there");
  line.records[1].parents[0].role = "teacher";
  CHECK(letters(standing({.license = "MIT"}, line, table).permissions) == "yyycy");
  line.records[0].model.reset();  // an old file does not say which model it made
  CHECK(letters(standing({.license = "MIT"}, line, table).permissions) == "ccccn");
}

TEST_CASE("of a teacher's licences a student takes those that bind students") {
  const LicenseTable table = LicenseTable::standard();
  const auto of = [&](const char* license) {
    return as_teacher({.owner = "A", .license = license}, table).license;
  };
  CHECK(of("MIT") == "");
  CHECK(of("GPL-3.0-only AND CC-BY-4.0") == "CC-BY-4.0");
  CHECK(of("LicenseRef-Llama-3.1 AND Apache-2.0") == "LicenseRef-Llama-3.1");
  CHECK(of("MIT OR CC-BY-4.0") == "");
  CHECK(of("LicenseRef-new") == "LicenseRef-new");
  CHECK(as_teacher({.owner = "A", .license = "MIT"}, table).owner == "A");
}

}  // namespace
}  // namespace mx
