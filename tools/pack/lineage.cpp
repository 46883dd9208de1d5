// SPDX-License-Identifier: Apache-2.0
// mx-pack lineage: where a model comes from.
#include "file/lineage.h"

#include <optional>
#include <set>

#include "base/words.h"
#include "cli/models.h"
#include "file/digest.h"
#include "file/rights.h"
#include "pack/ancestors.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "pack/replay.h"

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
  if (record.model) out["model"] = to_hex(*record.model);
  if (Json rights = mx::to_json(record.given); !rights.empty()) out["rights"] = std::move(rights);
  if (record.override_permission) out["override"] = override_json(*record.override_permission);
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

// The newest record at the root, and from each record its parents' branches.
class Tree {
 public:
  Tree(const Lineage& lineage, const Sha256& identity, const std::string& name)
      : lineage_(lineage), out_(fmt::format("{}  {}\n", name, short_of(identity))) {
    if (!lineage.records.empty()) branch(lineage.records.size() - 1, "");
  }
  [[nodiscard]] std::string text() && { return std::move(out_); }

 private:
  void branch(std::size_t number, const std::string& indent) {
    const Record& record = lineage_.records[number];
    constexpr std::size_t kDeepest = 1000;
    if (indent.size() > 6 * kDeepest) {
      out_ += indent + "...\n";
      return;
    }
    const bool again = !drawn_.insert(number).second;
    out_ +=
        fmt::format("{}└─ {} ({} {}){}\n", indent, printable(record.operation),
                    printable(record.tool), printable(record.version), again ? ", as above" : "");
    if (again) return;
    const std::vector<From> from = parents(number);
    const std::string inner = indent + "   ";
    facts(record, inner + (from.empty() ? "   " : "│  "));
    for (std::size_t i = 0; i < from.size(); ++i) {
      const bool last = i + 1 == from.size();
      out_ += inner + (last ? "└─ " : "├─ ") + from[i].text + "\n";
      if (from[i].record) branch(*from[i].record, inner + (last ? "   " : "│  "));
    }
  }

  struct From {
    std::string text;
    std::optional<std::size_t> record;  // that made it
  };
  [[nodiscard]] std::vector<From> parents(std::size_t number) const {
    std::vector<From> out;
    bool known = false;
    for (const Parent& parent : distinct_parents(lineage_.records[number])) {
      out.push_back({printable(parent.role) + " " + short_of(parent.identity), std::nullopt});
      if (const Record* const maker = maker_of(lineage_, parent.identity)) {
        out.back().record = static_cast<std::size_t>(maker - lineage_.records.data());
        known = true;
      }
    }
    // Before format version 5 records did not say what they made: one is made from the one before.
    if (!known && number > 0 && !lineage_.records[number - 1].model) {
      if (out.empty()) out.push_back({"the model before", std::nullopt});
      out.back().record = number - 1;
    }
    return out;
  }

  void facts(const Record& record, const std::string& indent) {
    const auto line = [&](const char* what, const std::string& text) {
      if (!text.empty()) out_ += fmt::format("{}{:<8} {}\n", indent, what, text);
    };
    std::string options = pairs(record.options);
    if (record.seed) {
      options += fmt::format("{}seed={}", options.empty() ? "" : " ", *record.seed);
    }
    line("options", options);
    for (const DataUsed& used : record.data) {
      line("data", fmt::format("{} {}, {} rows{}{}", printable(used.role), short_of(used.sha256),
                               grouped(used.rows),
                               used.license.empty() ? "" : ", " + printable(used.license),
                               used.source.empty() ? "" : ", " + printable(used.source)));
    }
    line("licence", printable(record.given.license));
    line("owner", printable(record.given.owner));
    if (record.override_permission) {
      line("override", printable(record.override_permission->reason));
    }
    line("metrics", pairs(record.metrics));
  }

  const Lineage& lineage_;
  std::set<std::size_t> drawn_;
  std::string out_;
};

class ShowLineage final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"lineage",
            "Show where a model comes from: tools, options, data and parents.",
            "[OPTIONS] MODEL",
            {"mx-pack lineage digits.mx", "mx-pack lineage digits.mx --with .",
             "mx-pack lineage digits.mx --replay-script >again.sh && bash again.sh --with .",
             "mx-pack lineage digits.mx --uses "
             "\"$(sha256sum digits.csv | cut -d ' ' -f 1)\""}};
  }
  [[nodiscard]] cli::Honours honours() const override { return {.json = true, .models = true}; }
  [[nodiscard]] Fields fields() override {
    return {{.group = "Lineage",
             .name = "uses",
             .help = "Say whether this model or data file, by its digest (or the first 8 digits or "
                     "more), is anywhere in the history: exit 0 yes, 1 no",
             .value = &uses_,
             .affects = Affects::run,
             .meaning = "DIGEST"},
            {.group = "Lineage",
             .name = "with",
             .help = "Find the models and data that it names among the files under this folder, by "
                     "digest: exit 1 when one is not there",
             .value = &folder_,
             .affects = Affects::run,
             .holds = Holds::file,
             .meaning = "DIR"},
            {.group = "Lineage",
             .name = "replay-script",
             .help = "Print a shell script that makes the model again: it finds what it needs by "
                     "digest under --with DIR",
             .value = &replay_,
             .affects = Affects::run},
            {.group = "Lineage",
             .name = "dot",
             .help = "Print the history as a graph, for Graphviz",
             .value = &dot_,
             .affects = Affects::run}};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const auto in = cli::open_model(path_, session);
    const Overview overview = read_overview(*in);
    cli::say_overrides(overview.lineage, path_, session);
    if (int{!uses_.empty()} + int{!folder_.empty()} + int{dot_} + int{replay_} > 1) {
      throw Error{Kind::usage, "--uses, --with, --dot and --replay-script are four questions",
                  "ask one at a time"};
    }
    if (!uses_.empty()) return uses(overview, session);
    if (!folder_.empty()) return found(overview, session);
    if (replay_) {
      const std::string script = replay_script(overview, input_name(path_));
      session.result({{"script", script}}, script);
      return 0;
    }
    if (dot_) {
      const std::string graph = dot(overview, input_name(path_));
      session.result({{"dot", graph}}, graph);
      return 0;
    }
    Json nodes = Json::array();
    for (const Record& record : overview.lineage.records) nodes.push_back(node(record));
    session.result({{"identity", to_hex(overview.identity)}, {"nodes", std::move(nodes)}},
                   Tree(overview.lineage, overview.identity, input_name(path_)).text());
    return 0;
  }

 private:
  static Json told(const Ancestor& one) {
    return {{"sha256", to_hex(one.digest)},
            {"kind", one.is_data ? "data" : "model"},
            {"role", one.role},
            {"used_by", one.used_by}};
  }
  static std::string line(const Ancestor& one) {
    return fmt::format("{}  {} ({}), used to {}", to_hex(one.digest).substr(0, 12),
                       one.is_data ? "data" : "model", printable(one.role), printable(one.used_by));
  }

  int uses(const Overview& overview, cli::Session& session) const {
    Json found = Json::array();
    std::string human;
    for (const Ancestor& one : ancestors_like(overview, uses_)) {
      found.push_back(told(one));
      human += line(one) + "\n";
    }
    const bool none = found.empty();
    session.result({{"uses", !none}, {"found", std::move(found)}},
                   none ? "it is not in the history of this model\n" : human);
    return none ? static_cast<int>(Kind::answer) : 0;
  }

  int found(const Overview& overview, cli::Session& session) const {
    const std::map<Sha256, std::string> files = files_by_digest(folder_);
    Json all = Json::array();
    std::string human;
    bool complete = true;
    for (const Ancestor& one : ancestors(overview)) {
      const auto file = files.find(one.digest);
      const bool there = file != files.end();
      complete = complete && there;
      all.push_back(told(one));
      all.back()["path"] = there ? Json(file->second) : Json();
      human += fmt::format("{}: {}\n", line(one),
                           there ? printable(file->second) : std::string("not there"));
    }
    session.result({{"complete", complete}, {"ancestors", std::move(all)}}, human);
    return complete ? 0 : static_cast<int>(Kind::answer);
  }

  std::string path_, uses_, folder_;
  bool dot_ = false, replay_ = false;
};

}  // namespace

CommandPtr lineage_command() { return std::make_unique<ShowLineage>(); }

}  // namespace mx::pack
