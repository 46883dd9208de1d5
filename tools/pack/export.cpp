// SPDX-License-Identifier: Apache-2.0
// mx-pack export: a model's tensors in a format that other programs read, bit for bit.
#include "cli/models.h"
#include "convert/source.h"
#include "pack/commands.h"
#include "pack/describe.h"

namespace mx::pack {
namespace {

enum class To { by_name, safetensors, npz };

class Export final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"export",
            "Write a model's tensors as safetensors or npz, bit for bit.",
            "[OPTIONS] MODEL [--to FORMAT] -o OUTPUT",
            {"mx-pack export digits.mx -o digits.safetensors",
             "mx-pack export digits.mx --to npz -o - > digits.npz"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true, .json = true, .threads = true, .max_memory = true, .models = true};
  }
  [[nodiscard]] Fields fields() override {
    return {{"Exporting", "to", "The format; auto goes by the output's name",
             choice(to_, {{"auto", static_cast<int>(To::by_name)},
                          {"safetensors", static_cast<int>(To::safetensors)},
                          {"npz", static_cast<int>(To::npz)}})}};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_, true, true}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const Foreign format = settle_format(session.common().output);
    ThreadPool pool(session.threads());
    const auto in = cli::open_model(path_, session);
    ModelStream stream(*in, pool, cli::reading(session));
    std::vector<TensorEntry> entries = stream.header().tensors;
    std::size_t quantized = 0;
    for (TensorEntry& entry : entries) {
      if (entry.scheme == Scheme::plain) continue;
      entry.scheme = Scheme::plain;
      entry.dtype = DType::f32;
      ++quantized;
    }
    const auto out = cli::open_output(session);
    const auto sink = open_sink(format, *out, entries, metadata(stream.header()));
    while (const std::optional<Weight> weight = stream.next()) {
      if (weight->scheme == Scheme::plain) {
        sink->add(weight->values);
      } else {
        sink->add(to_f32(*weight));
      }
    }
    cli::say_overrides(stream.finish().lineage, path_, session);
    sink->finish();
    if (quantized > 0) {
      session.log().info(fmt::format(
          "{} quantized tensors were written as the 32-bit numbers they stand for", quantized));
    }
    session.result({{"to", std::string(name_of(format))},
                    {"tensors", entries.size()},
                    {"quantized", quantized},
                    {"bytes", out->written()}},
                   "");
    return 0;
  }

 private:
  [[nodiscard]] Foreign settle_format(const std::string& output) const {
    if (to_ == To::safetensors) return Foreign::safetensors;
    if (to_ == To::npz) return Foreign::npz;
    if (output.ends_with(".safetensors")) return Foreign::safetensors;
    if (output.ends_with(".npz")) return Foreign::npz;
    throw Error{Kind::usage,
                fmt::format("the name {} does not say which format is wanted", shown(output)),
                "add --to safetensors or --to npz"};
  }
  // What import kept of the file it read.
  [[nodiscard]] static Json metadata(const Header& header) {
    if (!header.extra.is_object() || !header.extra.contains("metadata")) return nullptr;
    return header.extra["metadata"];
  }

  std::string path_;
  To to_ = To::by_name;
};

}  // namespace

CommandPtr export_command() { return std::make_unique<Export>(); }

}  // namespace mx::pack
