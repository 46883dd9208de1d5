// SPDX-License-Identifier: Apache-2.0
// mx-pack export: a model in a format that other programs read, its tensors bit for bit.
#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "base/words.h"
#include "cli/models.h"
#include "convert/gguf_out.h"
#include "convert/hf_out.h"
#include "convert/model_source.h"
#include "convert/onnx.h"
#include "convert/source.h"
#include "convert/tokenizer_out.h"
#include "data/language.h"
#include "file/adapter.h"
#include "file/rights.h"
#include "file/signatures.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "pack/export_folder.h"
#include "pack/said_rights.h"
#include "trust/card.h"
#include "trust/declare.h"
#include "trust/gate.h"

namespace mx::pack {
namespace {

enum class To { by_name, safetensors, npz, hf, gguf, onnx };

struct Target {
  To to;
  std::string_view name, ending;  // of files that are named so
};
constexpr std::array<Target, 5> kTargets = {{{To::safetensors, "safetensors", ".safetensors"},
                                             {To::npz, "npz", ".npz"},
                                             {To::hf, "hf", ""},
                                             {To::gguf, "gguf", ".gguf"},
                                             {To::onnx, "onnx", ".onnx"}}};

class Export final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"export",
            "Write a model in a format that other programs read: its tensors (safetensors, npz), a "
            "folder for Transformers (hf), a file for llama.cpp (gguf), its network (onnx).",
            "[OPTIONS] MODEL [--to FORMAT] -o OUTPUT",
            {"mx-pack export digits.mx -o digits.safetensors",
             "mx-pack export digits.mx --to npz -o - > digits.npz",
             "mx-pack export lm.mx --to hf -o lm-hf", "mx-pack export lm.mx --type q8_0 -o lm.gguf",
             "mx-pack export digits.mx -o digits.onnx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true,
            .output_folder = true,
            .json = true,
            .threads = true,
            .max_memory = true,
            .models = true};
  }
  [[nodiscard]] Fields fields() override {
    std::vector<Word> words = {{"auto", static_cast<int>(To::by_name)}};
    for (const Target& one : kTargets) {
      words.push_back({one.name, static_cast<int>(one.to)});
    }
    Fields out = {
        {"Exporting", "to", "The format; auto goes by the output's name", choice(to_, words)},
        {"Exporting", "type",
         "Of a GGUF file's maps; auto: as the model has them, quantized ones as f32",
         choice(type_, {{"auto", static_cast<int>(GgufType::stored)},
                        {"f32", static_cast<int>(GgufType::f32)},
                        {"f16", static_cast<int>(GgufType::f16)},
                        {"bf16", static_cast<int>(GgufType::bf16)},
                        {"q8_0", static_cast<int>(GgufType::q8_0)},
                        {"q4_0", static_cast<int>(GgufType::q4_0)}})}};
    out.push_back(override_field(reason_));
    return out;
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_, true, true}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const Target target = settle(session.common().output);
    if (session.given("type") && target.to != To::gguf) {
      throw Error{Kind::usage, fmt::format("{} keeps the types of a model", target.name),
                  "--type is of --to gguf"};
    }
    if (target.to != To::hf) refuse_folder(session.common().output);
    ThreadPool pool(session.threads());
    return target.to == To::safetensors || target.to == To::npz ? tensors(session, target, pool)
                                                                : model(session, target, pool);
  }

 private:
  // Its tensors in the file's order, also out of a pipe, one in memory at a time.
  int tensors(cli::Session& session, const Target& target, ThreadPool& pool) const {
    const auto in = cli::open_model(path_, session);
    std::optional<Overview> whole;  // known before it is read, out of a file
    if (in->seekable()) whole = read_overview(*in);
    ModelStream stream(*in, pool, cli::reading(session));
    const Rights& rights = stream.header().rights;
    SaidRights along{rights, {}, {}};
    if (whole) {
      along = allowed(session, rights, whole->lineage, false);
      along.source = whole->identity;
    } else {
      gate(session, rights, {}, false).check();
    }
    if (target.to == To::npz && !mx::to_json(rights).empty()) {
      session.log().warn(
          "npz has no place for licence, owner and notices: they do not go along (safetensors "
          "takes them)");
    }
    std::size_t quantized = 0;
    const std::vector<TensorEntry> entries = plain_entries(stream.header().tensors, quantized);
    const auto out = cli::open_output(session);
    const auto sink = open_sink(target.to == To::npz ? Foreign::npz : Foreign::safetensors, *out,
                                entries, metadata(stream.header(), along));
    while (const std::optional<Weight> weight = stream.next()) {
      if (weight->scheme == Scheme::plain) {
        sink->add(weight->values);
      } else {
        sink->add(to_f32(*weight));
      }
    }
    const Lineage lineage = stream.finish().lineage;
    cli::say_overrides(lineage, path_, session);
    if (!whole) (void)allowed(session, rights, lineage, false);
    sink->finish();
    return said(session, target, entries.size(), quantized, out->written());
  }

  // The model as another program runs it.
  int model(cli::Session& session, const Target& target, ThreadPool& pool) const {
    const ModelSource source(cli::open_model(path_, session), pool, cli::reading(session));
    cli::say_overrides(source.overview().lineage, path_, session);
    const Header& header = source.overview().header;
    refuse_adapter(header, path_);
    const auto facts_of = [&](bool lossy) {
      SaidRights out = allowed(session, header.rights, source.overview().lineage, lossy);
      out.source = source.overview().identity;
      return to_metadata(out);
    };
    if (target.to == To::onnx) return graph(session, target, source, facts_of(false));
    HfOut hf = make_hugging_face(header, source);
    const Json facts = facts_of(target.to == To::gguf && loses(*hf.tensors));
    const std::uint64_t bytes = target.to == To::hf ? folder(session, source.overview(), hf, facts)
                                                    : gguf(session, header, hf, facts);
    return said(session, target, hf.tensors->entries().size(), source.quantized(), bytes);
  }

  // Passing it on; with other numbers, changing it, too.
  [[nodiscard]] Gate gate(cli::Session& session, const Rights& rights, const Lineage& lineage,
                          bool lossy) const {
    Gate out(session.licenses(), session.common().output, reason_);
    out.model(Permission::redistribute, "export", rights, lineage, path_);
    if (lossy) out.model(Permission::modify, "export", rights, lineage, path_);
    return out;
  }
  // What goes along; throws unless its licences allow it.
  [[nodiscard]] SaidRights allowed(cli::Session& session, const Rights& rights,
                                   const Lineage& lineage, bool lossy) const {
    Lineage all = lineage;
    Record record;
    record.operation = "export";
    record.override_permission = gate(session, rights, lineage, lossy).settle(session.log());
    all.records.push_back(std::move(record));
    return {rights, std::nullopt, overrides_of(all)};
  }
  // Whether the numbers of maps change.
  [[nodiscard]] bool loses(const TensorSource& tensors) const {
    if (type_ == GgufType::q8_0 || type_ == GgufType::q4_0) return true;
    if (type_ != GgufType::f16 && type_ != GgufType::bf16) return false;
    const DType kept = type_ == GgufType::f16 ? DType::f16 : DType::bf16;
    return std::ranges::any_of(tensors.entries(), [&](const TensorEntry& entry) {
      return entry.shape.size() > 1 && entry.dtype != kept;
    });
  }
  // Formats that have keys of their own for licence and author.
  [[nodiscard]] static Json without(Json facts, std::initializer_list<const char*> keys) {
    for (const char* const key : keys) facts.erase(key);
    return facts;
  }

  std::uint64_t folder(cli::Session& session, const Overview& overview, HfOut& hf,
                       const Json& facts) const {
    const std::string& path = session.common().output;
    if (path == "-") {
      throw Error{Kind::usage, "a folder does not go to standard output", "-o FOLDER names it"};
    }
    if (cli::seals(session)) {
      throw Error{Kind::usage, "a folder is not sealed", "--to safetensors and gguf are"};
    }
    std::optional<HfTokenizer> out;
    if (!tokenizer_json(overview.header).is_null()) {
      const auto tokenizer = tokenizer_of(overview.header);
      out = or_none(session, [&] { return hugging_face_tokenizer(*tokenizer); });
      const auto id = [&](const char* key, const std::optional<TokenId>& token) {
        if (token) hf.config[key] = *token;
      };
      id("bos_token_id", begin_token(*tokenizer));
      id("eos_token_id", end_token(*tokenizer));
    }
    return write_folder(path, existing(session), overview.header, hf, out,
                        readme(overview, session), facts);
  }

  std::uint64_t gguf(cli::Session& session, const Header& header, const HfOut& hf,
                     const Json& facts) const {
    std::optional<GgufTokenizer> own;
    if (!tokenizer_json(header).is_null()) {
      const auto tokenizer = tokenizer_of(header);
      const auto size = static_cast<std::size_t>(vocabulary_of(header.network));
      own = or_none(session, [&] { return gguf_tokenizer(*tokenizer, size); });
    }
    const auto out = cli::open_output(session);
    write_gguf(*out, header, hf, type_, own ? &*own : nullptr,
               without(facts, {"license", "author"}));
    return out->written();
  }

  // A tokenizer that the other program does not have is left out, and that is said.
  template <class Make>
  static auto or_none(cli::Session& session, const Make& make) -> std::optional<decltype(make())> {
    try {
      return make();
    } catch (const Error& error) {
      if (error.kind() != Kind::usage) throw;
      session.log().warn(
          fmt::format("its tokenizer is left out, ids alone go in: {}", error.message()));
      return std::nullopt;
    }
  }

  static int graph(cli::Session& session, const Target& target, const ModelSource& source,
                   const Json& facts) {
    const Header& header = source.overview().header;
    const auto out = cli::open_output(session);
    write_onnx(*out, header, source, without(facts, {"license", "author", "mx.rights"}));
    if (takes_tokens(header.network)) {
      session.log().info("an ONNX file takes ids of tokens: the tokenizer is no part of it");
    }
    return said(session, target, source.entries().size(), source.quantized(), out->written());
  }

  static int said(cli::Session& session, const Target& target, std::size_t tensors,
                  std::size_t quantized, std::uint64_t bytes) {
    if (quantized > 0) {
      session.log().info(fmt::format(
          "{} quantized tensors were written as the 32-bit numbers they stand for", quantized));
    }
    session.result({{"to", std::string(target.name)},
                    {"tensors", tensors},
                    {"quantized", quantized},
                    {"bytes", bytes}},
                   "");
    return 0;
  }

  [[nodiscard]] Target settle(const std::string& output) const {
    for (const Target& one : kTargets) {
      const bool named = !one.ending.empty() && output.ends_with(one.ending);
      if (to_ == one.to || (to_ == To::by_name && named)) return one;
    }
    throw Error{Kind::usage,
                fmt::format("the name {} does not say which format is wanted", input_name(output)),
                "add --to safetensors, npz, hf, gguf or onnx"};
  }
  static void refuse_folder(const std::string& output) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(output, ignored)) return;
    fail(Kind::usage, "{} is a folder", input_name(output));
  }

  // As the card says it, so that the licence and what is known go along.
  [[nodiscard]] std::string readme(const Overview& overview, cli::Session& session) const {
    const Standing its = standing(overview.header.rights, overview.lineage, session.licenses());
    const CardFacts facts{
        overview, its, {}, std::filesystem::path(session.common().output).filename().string()};
    return card_hf(make_card(facts, Language::english), facts);
  }
  // What import kept of the file it read, and whose it is.
  [[nodiscard]] static Json metadata(const Header& header, const SaidRights& said) {
    Json out = Json::object();
    if (header.extra.is_object() && header.extra.contains("metadata")) {
      out = header.extra["metadata"];
    }
    const Json rights = to_metadata(said);
    if (out.is_object()) out.update(rights);
    return out.empty() ? Json() : out;
  }

  std::string path_, reason_;
  To to_ = To::by_name;
  GgufType type_ = GgufType::stored;
};

}  // namespace

CommandPtr export_command() { return std::make_unique<Export>(); }

}  // namespace mx::pack
