// SPDX-License-Identifier: Apache-2.0
// mx-pack lineage: where a model comes from.
#include "file/lineage.h"

#include "base/words.h"
#include "cli/reading.h"
#include "file/digest.h"
#include "pack/commands.h"
#include "pack/describe.h"

namespace mx::pack {
namespace {

Json node(const Record& record) {
  Json out = {{"operation", record.operation},
              {"tool", record.tool},
              {"version", record.version},
              {"options", record.options}};
  out["seed"] = record.seed ? Json(*record.seed) : Json();
  out["parents"] = parents_json(record.parents);
  out["data"] = data_json(record.data);
  out["metrics"] = record.metrics;
  if (record.time) out["time"] = *record.time;
  return out;
}

std::string pairs(const Json& object) {
  std::string out;
  for (const auto& [key, value] : object.items()) {
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", printable(key),
                       printable(value.is_string() ? value.get<std::string>() : dump_json(value)));
  }
  return out;
}

// The newest record at the root; each is a branch of the one made from it.
std::string tree(const Lineage& lineage, const Sha256& identity, const std::string& name) {
  std::string out = fmt::format("{}  {}\n", name, to_hex(identity).substr(0, 12));
  std::string indent;
  for (auto record = lineage.records.rbegin(); record != lineage.records.rend(); ++record) {
    const bool last = std::next(record) == lineage.records.rend();
    out += fmt::format("{}└─ {} ({} {})\n", indent, printable(record->operation),
                       printable(record->tool), printable(record->version));
    indent += "   ";
    const std::string more = indent + (last ? "   " : "│  ");
    std::string options = pairs(record->options);
    if (record->seed)
      options += fmt::format("{}seed={}", options.empty() ? "" : " ", *record->seed);
    if (!options.empty()) out += fmt::format("{}options  {}\n", more, options);
    for (const DataUsed& used : record->data) {
      out += fmt::format("{}data     {} {}, {} rows{}{}\n", more, printable(used.role),
                         to_hex(used.sha256).substr(0, 12), grouped(used.rows),
                         used.license.empty() ? "" : ", " + printable(used.license),
                         used.source.empty() ? "" : ", " + printable(used.source));
    }
    for (const Parent& parent : record->parents) {
      out += fmt::format("{}from     {} {}\n", more, printable(parent.role),
                         to_hex(parent.identity).substr(0, 12));
    }
    if (!record->metrics.empty()) {
      out += fmt::format("{}metrics  {}\n", more, pairs(record->metrics));
    }
  }
  return out;
}

class ShowLineage final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"lineage",
            "Show where a model comes from: tools, options, data and parents.",
            "[OPTIONS] MODEL",
            {"mx-pack lineage digits.mx", "mx-pack lineage digits.mx --json"}};
  }
  [[nodiscard]] cli::Honours honours() const override { return {.json = true, .models = true}; }
  [[nodiscard]] Fields fields() override { return {}; }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const auto in = cli::open_model(path_, session);
    const Overview overview = read_overview(*in);
    Json nodes = Json::array();
    for (const Record& record : overview.lineage.records) nodes.push_back(node(record));
    session.result({{"identity", to_hex(overview.identity)}, {"nodes", std::move(nodes)}},
                   tree(overview.lineage, overview.identity, shown(path_)));
    return 0;
  }

 private:
  std::string path_;
};

}  // namespace

CommandPtr lineage_command() { return std::make_unique<ShowLineage>(); }

}  // namespace mx::pack
