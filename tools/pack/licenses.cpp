// SPDX-License-Identifier: Apache-2.0
// mx-pack licenses: what the gate takes licences to say.
#include "trust/licenses.h"

#include "base/words.h"
#include "pack/commands.h"
#include "pack/describe.h"

namespace mx::pack {
namespace {

Json to_json(const LicenseRow& row) {
  Json out = {{"id", row.id}, {"title", row.title}, {"also", row.also}, {"like", row.like}};
  out.update(mx::to_json(row.permissions));
  out["students"] = row.binds_students ? "bound" : "free";
  out["duties"] = Json::array();
  for (const Duty duty : row.duties) out["duties"].push_back(name_of(duty));
  out["name_prefix"] = row.name_prefix;
  out["display"] = row.display;
  out["notice"] = row.notice;
  out["source"] = row.source;
  return out;
}

std::string text(const std::vector<const LicenseRow*>& rows) {
  std::vector<std::vector<std::string>> lines = {{"licence"}};
  for (const Permission one : kPermissions) lines.front().emplace_back(name_of(one));
  lines.front().emplace_back("students");
  for (const LicenseRow* const row : rows) {
    lines.push_back({printable(row->id)});
    for (const Permission one : kPermissions) {
      lines.back().emplace_back(name_of(row->permissions[one]));
    }
    lines.back().emplace_back(row->binds_students ? "bound" : "free");
  }
  return aligned(lines);
}

// One licence, with everything that is known of it.
std::string page(const LicenseRow& row) {
  std::vector<std::vector<std::string>> lines = {{"licence", printable(row.id)},
                                                 {"title", printable(row.title)}};
  for (const Permission one : kPermissions) {
    lines.push_back({std::string(name_of(one)), std::string(name_of(row.permissions[one]))});
  }
  lines.push_back({"students", row.binds_students ? "bound by it" : "free"});
  std::string duties;
  for (const Duty duty : row.duties) {
    duties += fmt::format("{}{}", duties.empty() ? "" : ", ", name_of(duty));
  }
  const auto add = [&](const char* what, const std::string& value) {
    if (!value.empty()) lines.push_back({what, printable(value)});
  };
  add("duties", duties);
  add("names", row.name_prefix.empty() ? "" : "begin with " + row.name_prefix);
  add("display", row.display);
  add("notice", row.notice);
  add("source", row.source);
  return aligned(lines);
}

class Licenses final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"licenses",
            "Show what licences are taken to allow and to ask for, with where they say so.",
            "[OPTIONS] [LICENSE...]",
            {"mx-pack licenses", "mx-pack licenses Apache-2.0 llama3.1"}};
  }
  [[nodiscard]] cli::Honours honours() const override { return {.json = true, .policy = true}; }
  [[nodiscard]] Fields fields() override { return {}; }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"LICENSE", "Ids of SPDX, or other names; all that are known when none is given",
             &wanted_, false}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const LicenseTable& table = session.licenses();
    std::vector<const LicenseRow*> rows;
    for (const LicenseRow& row : table.rows()) {
      if (wanted_.empty()) rows.push_back(&row);
    }
    std::vector<std::string> known;
    for (const LicenseRow& row : table.rows()) known.push_back(row.id);
    for (const std::string& id : wanted_) {
      const LicenseRow* const row = table.find(id);
      if (row == nullptr) {
        throw Error{Kind::answer, fmt::format("{} is not known", printable(id)),
                    did_you_mean(id, known)};
      }
      rows.push_back(row);
    }
    Json list = Json::array();
    std::string pages;
    for (const LicenseRow* const row : rows) {
      list.push_back(to_json(*row));
      if (!pages.empty()) pages += '\n';
      pages += page(*row);
    }
    session.result(
        {{"note", kNoLegalAdvice}, {"licenses", std::move(list)}},
        (wanted_.empty() ? text(rows) : pages) + fmt::format("\nthis is {}\n", kNoLegalAdvice));
    return 0;
  }

 private:
  std::vector<std::string> wanted_;
};

}  // namespace

CommandPtr licenses_command() { return std::make_unique<Licenses>(); }

}  // namespace mx::pack
