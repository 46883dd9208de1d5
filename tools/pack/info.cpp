// SPDX-License-Identifier: Apache-2.0
// mx-pack info: what a model is, from its header alone.
#include "base/words.h"
#include "cli/models.h"
#include "data/cache_facts.h"
#include "data/language.h"
#include "file/adapter.h"
#include "file/digest.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "trust/gate.h"
#include "trust/standing.h"

namespace mx::pack {
namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : printable(text); }

// Of a language model, or of prepared text; else none.
std::shared_ptr<const Tokenizer> tokenizer_in(const Header& header) {
  return tokenizer_json(header).is_null() ? nullptr : tokenizer_of(header);
}

// Whose signatures lie beside it, and whether one of them was demanded and so checked.
struct Signed {
  std::vector<KeyId> by;
  bool verified = false;

  [[nodiscard]] std::string_view state() const {
    return verified ? "verified" : by.empty() ? "none" : "present, not verified";
  }
};

Json to_json(const Overview& overview, const Signed& signature, const Standing& its) {
  const Header& header = overview.header;
  Json out = {{"format", overview.version},
              {"family", header.family},
              {"parameters", parameters_of(header)},
              {"nonzero", overview.nonzero},
              {"bytes", overview.bytes},
              {"tensors", tensors_json(overview)},
              {"license", header.rights.license},
              {"signed", signature.verified},
              {"signature", signature.state()},
              {"signers", Json::array()},
              {"identity", to_hex(overview.identity)},
              {"owner", header.rights.owner},
              {"contact", header.rights.contact},
              {"name", header.rights.name},
              {"responsible", header.rights.responsible},
              {"output_terms", header.rights.output_terms},
              {"notices", header.rights.notices},
              {"permissions", its.stated ? mx::to_json(its.permissions) : Json()},
              {"duties", Json::array()},
              {"overrides", overrides_of(overview.lineage)}};
  for (const Duty duty : its.duties()) out["duties"].push_back(name_of(duty));
  for (const KeyId& id : signature.by) out["signers"].push_back(key_name(id));
  if (!header.network.empty()) {
    out["macs"] = cost(header.network).macs;
    out["network"] = to_json(header.network);
  }
  if (header.kind == FileKind::adapter) {
    out["adapter"] = mx::to_json(adapter_facts(header));
    out["adapter"]["maps"] = adapted_maps(header);
  }
  if (header.base) out["base"] = to_hex(*header.base);
  out["schema"] = header.schema;
  if (const auto tokenizer = tokenizer_in(header)) {
    out["tokenizer"] = {{"kind", std::string(name_of(tokenizer->kind()))},
                        {"tokens", tokenizer->size()}};
  }
  if (const std::string chat = chat_template_of(header); !chat.empty()) {
    out["chat_template"] = chat;
  }
  if (header.kind == FileKind::cache) out["cache"] = to_json(cache_facts(header, "the head"));
  return out;
}

// Of a cache of teachers' outputs.
void add_cache(const Header& header, std::vector<std::vector<std::string>>& rows) {
  const CacheFacts facts = cache_facts(header, "the head");
  for (const std::string& teacher : facts.teachers) rows.push_back({"teacher", printable(teacher)});
  rows.push_back({"data", printable(facts.data)});
  rows.push_back({"holds", fmt::format("the {} likeliest of {} {} for {} rows", grouped(facts.top),
                                       grouped(facts.classes), facts.tokens ? "tokens" : "classes",
                                       grouped(facts.rows))});
  if (facts.epochs > 1) rows.back()[1] += fmt::format(", cut at {} places", facts.epochs);
  if (!facts.hidden.empty()) {
    rows.push_back({"hidden", fmt::format("states of layers {}", fmt::join(facts.hidden, ", "))});
  }
}

void add_rights(const Rights& rights, const Standing& its,
                std::vector<std::vector<std::string>>& rows) {
  const auto add = [&](const char* what, const std::string& text) {
    if (!text.empty()) rows.push_back({what, printable(text)});
  };
  add("name", rights.name);
  rows.push_back({"licence", or_dash(rights.license)});
  if (its.stated) {
    std::string allowed, duties;
    for (const Permission one : kPermissions) {
      allowed += fmt::format("{}{} {}", allowed.empty() ? "" : ", ", name_of(one),
                             name_of(its.permissions[one]));
    }
    for (const Duty duty : its.duties()) {
      duties += fmt::format("{}{}", duties.empty() ? "" : ", ", name_of(duty));
    }
    add("allowed", allowed);
    add("duties", duties);
  }
  add("owner", rights.owner);
  add("contact", rights.contact);
  add("responsible", rights.responsible);
  add("answers", rights.output_terms);
}

std::string made_by(const Lineage& lineage) {
  std::string out;
  for (const Record& record : lineage.records) {
    out += (out.empty() ? "" : ", ") + printable(record.operation);
  }
  return out.empty() ? "-" : out;
}

std::string text(const Overview& overview, const Signed& signature, const Standing& its) {
  const Header& header = overview.header;
  std::vector<std::vector<std::string>> rows = {{"format", fmt::format("mx {}", overview.version)},
                                                {"identity", to_hex(overview.identity)},
                                                {"family", or_dash(header.family)}};
  if (!header.network.empty()) {
    rows.push_back(
        {"network", fmt::format("{} -> {}, {} blocks, {} multiply-adds a row",
                                to_string(shapes(header.network).front()),
                                to_string(output_shape(header.network)),
                                header.network.blocks.size(), grouped(cost(header.network).macs))});
  }
  if (header.kind == FileKind::cache) {
    add_cache(header, rows);
  } else {
    rows.push_back({"parameters", fmt::format("{} ({} not zero)", grouped(parameters_of(header)),
                                              grouped(overview.nonzero))});
  }
  rows.push_back({"bytes", fmt::format("{} (1/{:.1f} of {} raw)", grouped(overview.bytes),
                                       static_cast<double>(raw_bytes(header)) /
                                           static_cast<double>(overview.bytes),
                                       grouped(raw_bytes(header)))});
  rows.push_back({"tensors", fmt::format("{}", header.tensors.size())});
  if (header.kind == FileKind::adapter) {
    const AdapterFacts facts = adapter_facts(header);
    rows.push_back({"adapter", fmt::format("of {} maps, rank {}, alpha {:g}",
                                           adapted_maps(header).size(), facts.rank, facts.alpha)});
  }
  if (header.base) rows.push_back({"needs", "the model " + to_hex(*header.base)});
  if (!header.schema.is_null()) rows.push_back({"rows", schema_line(header.schema)});
  if (const auto tokenizer = tokenizer_in(header)) {
    rows.push_back({"tokenizer", fmt::format("{} of {} tokens", name_of(tokenizer->kind()),
                                             grouped(tokenizer->size()))});
  }
  if (const std::string chat = chat_template_of(header); !chat.empty()) {
    rows.push_back({"chat", fmt::format("a template of {} bytes (--json has it)", chat.size())});
  }
  rows.push_back({"made by", made_by(overview.lineage)});
  add_rights(header.rights, its, rows);
  std::string keys;
  for (const KeyId& id : signature.by) keys += (keys.empty() ? "by " : " and ") + key_name(id);
  const std::string present = "signature present, not verified (mx-pack verify checks it)";
  rows.push_back({"signed", signature.verified ? keys.empty() ? "verified" : keys + ", verified"
                            : keys.empty()     ? "no"
                                               : keys + ": " + present});
  return aligned(rows);
}

class Info final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"info",
            "Say what a model is, from its header alone.",
            "[OPTIONS] MODEL",
            {"mx-pack info digits.mx", "mx-pack info digits.mx --json"}};
  }
  [[nodiscard]] cli::Honours honours() const override { return {.json = true, .models = true}; }
  [[nodiscard]] Fields fields() override { return {}; }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const auto in = cli::open_model(path_, session);
    const Overview overview = read_overview(*in, {.verify_sections = path_ == "-"});
    cli::say_overrides(overview.lineage, path_, session);
    const Signed signature{signers_beside(path_), !session.common().trust.required.empty()};
    const Standing its = standing(overview.header.rights, overview.lineage, session.licenses());
    session.result(to_json(overview, signature, its), text(overview, signature, its));
    return 0;
  }

 private:
  std::string path_;
};

}  // namespace

CommandPtr info_command() { return std::make_unique<Info>(); }

}  // namespace mx::pack
