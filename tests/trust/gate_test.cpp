// SPDX-License-Identifier: Apache-2.0
#include "trust/gate.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "trust/declare.h"
#include "trust/standing.h"

namespace mx {
namespace {

class Warnings final : public Log {
 public:
  void info(std::string_view) override {}
  void verbose(std::string_view) override {}
  void warn(std::string_view message) override { all.emplace_back(message); }
  void progress(const Progress&) override {}
  void metrics(const Json&) override {}
  std::vector<std::string> all;
};

std::string refusal(const Gate& gate) {
  try {
    gate.check();
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::input);
    return error.message();
  }
  return "passed";
}

Model under(const std::string& license) {
  Model out;
  out.header.rights.license = license;
  out.identity = Sha256{1};
  return out;
}

DataOptions rows_under(std::vector<std::string> licenses) {
  DataOptions out;
  out.data = {"rows.csv"};
  out.data_license = std::move(licenses);
  return out;
}

// What the tools do with a model, and what they ask for.
constexpr std::pair<const char*, Permission> kOperations[] = {
    {"train", Permission::modify},         {"prune", Permission::modify},
    {"quantize", Permission::modify},      {"merge", Permission::modify},
    {"distil", Permission::distil},        {"serve", Permission::serve},
    {"publish", Permission::redistribute}, {"sell", Permission::commercial}};

TEST_CASE("every operation against every licence: only yes and conditional pass") {
  const LicenseTable table = LicenseTable::standard();
  for (const LicenseRow& row : table.rows()) {
    for (const auto& [operation, permission] : kOperations) {
      CAPTURE(row.id);
      CAPTURE(operation);
      Gate gate(table, "out/child.mx", "");
      gate.model(permission, operation, under(row.id), "some/parent.mx");
      const Allowed allowed = row.permissions[permission];
      const bool passes = allowed == Allowed::yes || allowed == Allowed::conditional;
      const std::string said = refusal(gate);
      CHECK((said == "passed") == passes);
      if (passes) continue;
      CHECK(said.starts_with(
          fmt::format("refused: child.mx <- {} <- some/parent.mx: {} ", operation, row.id)));
      // Overridden, it is recorded.
      Gate overridden(table, "child.mx", "because");
      overridden.model(permission, operation, under(row.id), "parent.mx");
      Warnings log;
      const std::optional<PermissionOverride> record = overridden.settle(log);
      REQUIRE(record);
      CHECK(record->reason == "because");
      CHECK(record->refusals ==
            std::vector{PermissionOverride::Refusal{row.id, permission, allowed}});
      CHECK(log.all.size() == 1);
    }
    // Training on data under it.
    Gate data(table, "child.mx", "");
    data.data("train", rows_under({row.id}));
    const Allowed allowed = row.permissions[Permission::modify];
    CHECK((refusal(data) == "passed") ==
          (allowed == Allowed::yes || allowed == Allowed::conditional));
  }
}

TEST_CASE("nothing said is nothing refused; an override that is not needed is not recorded") {
  const LicenseTable table = LicenseTable::standard();
  Gate gate(table, "c.mx", "just so");
  gate.model(Permission::distil, "distil", under(""), "p.mx");
  gate.data("distil", rows_under({}));
  Warnings log;
  CHECK(!gate.settle(log));
  CHECK(log.all.size() == 1);
}

TEST_CASE("the way to the ancestor that forbids it is told") {
  const LicenseTable table = LicenseTable::standard();
  Model model = under("LicenseRef-Llama-2 AND MIT");
  const auto record = [](const char* operation, std::optional<Sha256> parent, const char* role,
                         std::optional<Sha256> made, const char* license) {
    Record out;
    out.operation = operation;
    if (parent) out.parents = {{*parent, role}};
    out.model = made;
    out.given.license = license;
    return out;
  };
  model.lineage.records = {record("import", std::nullopt, "", Sha256{0xaa}, "LicenseRef-Llama-2"),
                           record("prune", Sha256{0xaa}, "input", Sha256{0xbb}, ""),
                           record("train", Sha256{0xbb}, "init", std::nullopt, "MIT")};
  Gate gate(table, "/tmp/student.mx", "");
  gate.model(Permission::distil, "distil", model, "teacher.mx");
  CHECK(refusal(gate) ==
        "refused: student.mx <- distil <- teacher.mx <- train <- bb0000000000 <- prune <- "
        "aa0000000000: LicenseRef-Llama-2 forbids training on its outputs");
  // An old lineage does not say who made what; the model itself is named.
  for (Record& one : model.lineage.records) one.model.reset();
  Gate old(table, "", "");
  old.model(Permission::distil, "distil", model, "-");
  CHECK(refusal(old) ==
        "refused: standard output <- distil <- standard input: LicenseRef-Llama-2 forbids training "
        "on its outputs");
  // Data that an ancestor saw.
  Model taught = under("MIT");
  taught.lineage.records = {record("train", std::nullopt, "", Sha256{0xaa}, "MIT"),
                            record("prune", Sha256{0xaa}, "input", std::nullopt, "")};
  taught.lineage.records[0].data = {{Sha256{0xdd}, 1, "train", "CC-BY-ND-4.0", ""}};
  Gate data(table, "c.mx", "");
  data.model(Permission::modify, "quantize", taught, "p.mx");
  CHECK(refusal(data) ==
        "refused: c.mx <- quantize <- p.mx <- prune <- aa0000000000 <- train <- data dd0000000000: "
        "CC-BY-ND-4.0 forbids training on it");
}

TEST_CASE("of two entries of one licence the stricter counts") {
  const LicenseTable table = LicenseTable::standard();
  Rights rights{.license = "LicenseRef-x"};
  rights.own = {{"LicenseRef-x", "All yours.", Permissions::all(Allowed::yes)},
                {"LicenseRef-x", "Not yours.", Permissions::all(Allowed::no)}};
  CHECK(standing(rights, {}, table).permissions == Permissions::all(Allowed::no));
  std::swap(rights.own[0], rights.own[1]);
  CHECK(standing(rights, {}, table).permissions == Permissions::all(Allowed::no));
}

TEST_CASE("a history may name half a million licences of data") {
  const LicenseTable table = LicenseTable::standard();
  Model model = under("MIT");
  Record record;
  record.operation = "train";
  constexpr int kMany = 500000;
  for (int i = 0; i < kMany; ++i) {
    Sha256 digest{};
    for (std::size_t k = 0; k < 3; ++k) digest[k] = static_cast<std::uint8_t>(i >> (8 * k));
    record.data.push_back({digest, 1, "train", fmt::format("X{}", i), ""});
  }
  model.lineage.records = {record};
  Gate gate(table, "c.mx", "just so");
  gate.model(Permission::modify, "prune", model, "p.mx");
  Warnings log;
  const auto overridden = gate.settle(log);
  REQUIRE(overridden);
  CHECK(overridden->refusals.size() == kMany);
  CHECK(log.all.size() == 17);  // the first, and how many more
}

TEST_CASE("of several refusals the first is told, and how many more there are") {
  const LicenseTable table = LicenseTable::standard();
  Gate gate(table, "c.mx", "");
  gate.model(Permission::distil, "distil", under("NONE"), "a.mx");
  gate.model(Permission::distil, "distil", under("NOASSERTION"), "b.mx");
  CHECK(refusal(gate) ==
        "refused: c.mx <- distil <- a.mx: NONE forbids training on its outputs, and 1 more");
}

TEST_CASE("an override is told in words") {
  Lineage lineage;
  lineage.records.emplace_back();
  lineage.records[0].operation = "prune";
  lineage.records[0].override_permission =
      PermissionOverride{"asked", {{"NONE", Permission::modify, Allowed::no}}};
  CHECK(overrides_of(lineage) ==
        std::vector<std::string>{"prune although NONE forbids making others from it: asked"});
}

TEST_CASE("a licence is given by its name or as a text of one's own") {
  const LicenseTable table = LicenseTable::standard();
  Warnings log;
  RightsOptions said;
  said.license = "mit";
  CHECK(said.settle(table, log).license == "MIT");
  said.license = "Apache-2";
  CHECK(said.settle(table, log).license == "Apache-2");
  REQUIRE(log.all.size() == 1);
  CHECK(log.all[0].find("did you mean Apache-2.0") != std::string::npos);
  said.license = "all rights reserved";
  CHECK_THROWS_AS((void)said.settle(table, log), Error);
  said.license = "MIT";
  said.permissions = "serve=yes";
  CHECK_THROWS_AS((void)said.settle(table, log), Error);
}

TEST_CASE("a name begins as the licence demands") {
  const LicenseTable table = LicenseTable::standard();
  Record record;
  const Rights of{.license = "LicenseRef-Llama-3.1"};
  declare(record, {.name = "Llama-mine", .owner = "A", .license = "MIT"}, of, table);
  CHECK(record.given.license == "MIT");
  CHECK(record.given.owner == "A");
  declare(record, {}, of, table);
  CHECK_THROWS_WITH_AS(declare(record, {.name = "Mine"}, of, table),
                       "the name 'Mine' does not begin with 'Llama', as its licence demands",
                       Error);
}

}  // namespace
}  // namespace mx
