// SPDX-License-Identifier: Apache-2.0
// mx-pack doctor: is this file sound, whose is it, and what is not known of it? Integrity, schema,
// probes, signatures, licence, lineage and quality in one answer.
#include <algorithm>

#include "base/shown.h"
#include "base/version.h"
#include "base/words.h"
#include "cli/models.h"
#include "file/digest.h"
#include "infer/probe.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "pack/soundness.h"
#include "trust/gate.h"
#include "trust/standing.h"

namespace mx::pack {
namespace {

enum class Level { good, note, warning, error };
constexpr std::string_view kLevels[] = {"ok", "note", "warning", "error"};

struct Finding {
  std::string_view rule;  // "integrity"
  Level level;
  std::string message;
};

class Examination {
 public:
  Examination(std::string path, cli::Session& session)
      : path_(std::move(path)), session_(session) {}

  // Whether the file could be read to its end.
  bool run() {
    ThreadPool pool(session_.threads());
    const Trust& trust = session_.common().trust;
    if (trust.required.empty()) signers();
    std::unique_ptr<io::Input> in;
    Model model;
    try {
      in = io::open_input(path_);
    } catch (const Error& error) {
      add("integrity", Level::error, error.message());
      return false;
    }
    if (!trust.required.empty()) in = signatures(std::move(in), trust);
    try {
      if (trust.opens_sealed()) in = io::unsealed(std::move(in), trust.keys());
      model = read_model(*in, pool, {.max_memory = session_.max_memory(), .verify_sections = true});
      add("integrity", Level::good, "every chunk's and every section's digest agrees");
    } catch (const Error& error) {
      if (error.kind() != Kind::input) throw;
      add("integrity", Level::error, error.message());
      return false;
    }
    try {
      check_schema(model);
    } catch (const Error& error) {
      add("schema", Level::error, error.message());
    }
    try {
      check_tokenizer(model);
    } catch (const Error& error) {
      add("tokenizer", Level::error, error.message());
    }
    probes(model, pool);
    rights(model.header.rights, standing(model.header.rights, model.lineage, session_.licenses()));
    lineage(model.lineage);
    policy(model, pool);
    try {
      check_pieces(std::move(model), path_);
    } catch (const Error& error) {
      add("integrity", Level::error, error.message());
    }
    return true;
  }

  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  [[nodiscard]] bool sound() const {
    return std::ranges::none_of(findings_,
                                [](const Finding& one) { return one.level == Level::error; });
  }

 private:
  void add(std::string_view rule, Level level, std::string message) {
    findings_.push_back({rule, level, std::move(message)});
  }

  void signers() {
    const std::vector<KeyId> found = signers_beside(path_);
    for (const KeyId& id : found) {
      add("signature", Level::note,
          fmt::format("signed by {}, which was not checked: --require-signed KEY.pub",
                      key_name(id)));
    }
    if (found.empty()) add("signature", Level::note, "no signature lies beside it");
  }

  // What is looked at next is what the signatures were held against.
  std::unique_ptr<io::Input> signatures(std::unique_ptr<io::Input> in, const Trust& trust) {
    const std::string signature = path_ == "-" || !in->seekable() ? trust.signature : "";
    Blake2b512 digest;
    in = summed(std::move(in), trust.max_memory, digest);
    for (const std::string& key : trust.required) {
      const PublicKey by = read_public_key(key);
      const Verdict verdict = check_signature(path_, signature, by, digest);
      if (verdict.is != Verdict::Is::good) {
        add("signature", Level::error, verdict.why);
        continue;
      }
      add("signature", Level::good, fmt::format("signed by {}", key_name(by.id)));
      const std::string renamed = said_of_name(path_, verdict);
      if (!renamed.empty()) add("signature", Level::warning, renamed);
    }
    return in;
  }

  void probes(const Model& model, ThreadPool& pool) {
    if (model.probes.empty()) {
      if (!model.header.network.empty()) {
        add("probes", Level::warning, "it has no probes, so what it computes cannot be checked");
      }
      return;
    }
    try {
      const ProbeResult result = run_probes(model, pool);
      add("probes", result.agrees ? Level::good : Level::error,
          fmt::format("{} probes run, largest difference {:g}", model.probes.size(),
                      result.difference));
    } catch (const Error& error) {
      if (error.kind() != Kind::input) throw;
      add("probes", Level::error, "they cannot be run: " + error.message());
    }
  }

  void rights(const Rights& rights, const Standing& its) {
    if (rights.license.empty()) {
      add("licence", Level::warning, "it names no licence");
    } else {
      const bool known = std::ranges::none_of(
          its.terms, [](const Standing::Term& term) { return term.permissions == Permissions(); });
      add("licence", known ? Level::good : Level::warning,
          printable(rights.license) + (known ? "" : ", of which it is not known what it allows"));
    }
    duties(rights, its);
    if (rights.owner.empty()) {
      add("owner", Level::warning, "it names no owner");
    } else {
      add("owner", Level::good,
          printable(rights.owner + (rights.contact.empty() ? "" : ", " + rights.contact)));
    }
  }

  // What its licences ask for, as far as the file can meet it.
  void duties(const Rights& rights, const Standing& its) {
    for (const std::string& prefix : its.name_prefixes()) {
      const bool begins = rights.name.starts_with(prefix);
      if (begins) continue;
      add("name", rights.name.empty() ? Level::warning : Level::error,
          rights.name.empty()
              ? fmt::format("it has no name; its licence wants one that begins with {}", prefix)
              : fmt::format("its name '{}' does not begin with {}", printable(rights.name),
                            prefix));
    }
    for (const std::string& text : its.displays())
      add("display", Level::note, "to be shown: " + text);
    for (const std::string& text : its.notices()) add("notice", Level::note, "to be kept: " + text);
    for (const Standing::Term& term : its.terms) {
      const bool due =
          term.row != nullptr &&
          std::ranges::find(term.row->duties, Duty::attribution) != term.row->duties.end();
      if (!due || !(term.of_data ? term.source : rights.owner).empty()) continue;
      add("attribution", Level::warning,
          term.of_data ? fmt::format("{} wants the source of the data {} named, and it is not",
                                     printable(term.license), to_hex(term.data).substr(0, 12))
                       : printable(term.license) + " wants the author named, and none is");
    }
  }

  void policy(const Model& model, ThreadPool& pool) {
    const Policy& policy = session_.policy();
    if (policy.file.empty()) return;
    const std::vector<std::string> clauses = unmet(policy, model, pool);
    for (const std::string& clause : clauses) add("policy", Level::error, clause);
    if (clauses.empty()) add("policy", Level::good, "it meets " + printable(policy.file));
  }

  void lineage(const Lineage& lineage) {
    for (const std::string& line : overrides_of(lineage)) add("override", Level::warning, line);
    if (lineage.records.empty()) {
      add("lineage", Level::warning, "it does not say how it was made");
      return;
    }
    std::string steps;
    bool data = false, measured = false;
    for (const Record& record : lineage.records) {
      steps += (steps.empty() ? "" : ", ") + printable(record.operation);
      data = data || !record.data.empty();
      measured = measured || !record.metrics.empty();
      for (const DataUsed& used : record.data) {
        if (used.license.empty()) {
          add("data", Level::note,
              fmt::format("the licence of the data {} ({}) is not named",
                          to_hex(used.sha256).substr(0, 12), printable(used.role)));
        }
      }
    }
    add("lineage", Level::good, steps);
    if (!data) add("data", Level::note, "no data is named that it was made from");
    if (!measured) {
      add("quality", Level::note, "no quality was measured when it was made");
      return;
    }
    std::string numbers;
    for (const auto& [name, value] : lineage.records.back().metrics.items()) {
      if (!value.is_number()) continue;
      numbers += fmt::format("{}{} {}", numbers.empty() ? "" : ", ", printable(name),
                             printable(dump_json(value)));
    }
    if (!numbers.empty()) add("quality", Level::good, numbers);
  }

  std::string path_;
  cli::Session& session_;
  std::vector<Finding> findings_;
};

std::string text(const std::vector<Finding>& findings) {
  std::vector<std::vector<std::string>> rows;
  for (const Finding& one : findings) {
    rows.push_back(
        {std::string(kLevels[static_cast<int>(one.level)]), std::string(one.rule), one.message});
  }
  return aligned(rows);
}

Json document(const std::vector<Finding>& findings, bool sound) {
  Json out = {{"ok", sound}, {"findings", Json::array()}};
  for (const Finding& one : findings) {
    out["findings"].push_back({{"rule", one.rule},
                               {"level", kLevels[static_cast<int>(one.level)]},
                               {"message", one.message}});
  }
  return out;
}

// A path as a reference of RFC 3986.
std::string uri_of(const std::string& path) {
  std::string out;
  for (const char letter : path) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') ||
                       std::string_view("-._~/").find(letter) != std::string_view::npos;
    out +=
        plain ? std::string(1, letter) : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return out;
}

// The OASIS Static Analysis Results Interchange Format, version 2.1.0.
Json sarif(const std::vector<Finding>& findings, const std::string& path) {
  Json results = Json::array();
  for (const Finding& one : findings) {
    const bool good = one.level == Level::good;
    results.push_back(
        {{"ruleId", one.rule},
         {"kind", good ? "pass" : "fail"},
         {"level", good ? "none" : kLevels[static_cast<int>(one.level)]},
         {"message", {{"text", one.message}}},
         {"locations", {{{"physicalLocation", {{"artifactLocation", {{"uri", uri_of(path)}}}}}}}}});
  }
  Json driver = {{"name", "mx-pack doctor"}, {"version", version()}};
  Json run = {{"tool", {{"driver", std::move(driver)}}}, {"results", std::move(results)}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", Json::array({std::move(run)})}};
}

class Doctor final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"doctor",
            "Say whether a model is sound, whose it is, and what is not known of it: exit 0 sound, "
            "1 not, 3 not to be read.",
            "[OPTIONS] MODEL",
            {"mx-pack doctor digits.mx",
             "mx-pack doctor packed.mx --require-signed team.key.pub --sarif"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.json = true, .threads = true, .max_memory = true, .models = true};
  }
  [[nodiscard]] Fields fields() override {
    return {{.group = "Answering",
             .name = "sarif",
             .help = "Answer in SARIF 2.1.0, which code scanners show",
             .value = &sarif_,
             .affects = Affects::run}};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    Examination examination(path_, session);
    const bool whole = examination.run();
    const std::vector<Finding>& findings = examination.findings();
    const Json out = sarif_ ? sarif(findings, path_) : document(findings, examination.sound());
    session.result(out, sarif_ ? shown_json(dump_json(out)) + "\n" : text(findings));
    if (!whole) return static_cast<int>(Kind::input);
    return examination.sound() ? 0 : static_cast<int>(Kind::answer);
  }

 private:
  std::string path_;
  bool sarif_ = false;
};

}  // namespace

CommandPtr doctor_command() { return std::make_unique<Doctor>(); }

}  // namespace mx::pack
