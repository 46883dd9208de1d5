// SPDX-License-Identifier: Apache-2.0
// mx-pack extract: one tensor out of a model, in time proportional to it.
#include "base/words.h"
#include "cli/models.h"
#include "convert/source.h"
#include "pack/commands.h"
#include "pack/describe.h"

namespace mx::pack {
namespace {

enum class Form { npy, raw };

[[noreturn]] void refuse_unknown(const std::string& name, const std::vector<TensorEntry>& entries) {
  std::vector<std::string> names;
  for (const TensorEntry& entry : entries) names.push_back(entry.name);
  std::string hint = did_you_mean(name, names);
  throw Error{Kind::usage, fmt::format("there is no tensor '{}'", printable(name)),
              hint.empty() ? "mx-pack list shows the tensors" : std::move(hint)};
}

// Read forward to the end, where it shows whether all is well.
struct Extracted {
  Weight weight;
  Lineage lineage;
};

Extracted from_pipe(io::Input& in, const std::string& name, ThreadPool& pool,
                    const ReadOptions& options) {
  ModelStream stream(in, pool, options);
  std::optional<Weight> found;
  while (std::optional<Weight> weight = stream.next()) {
    if (weight->name == name) found = std::move(weight);
  }
  Lineage lineage = stream.finish().lineage;
  if (found) return {std::move(*found), std::move(lineage)};
  refuse_unknown(name, stream.header().tensors);
}

Extracted from_file(io::Input& in, const std::string& name, ThreadPool& pool,
                    const ReadOptions& options) {
  const Overview overview = read_overview(in, {.max_memory = options.max_memory});
  for (const TensorEntry& entry : overview.header.tensors) {
    if (entry.name != name) continue;
    return {read_weight(in, overview, name, pool, options.max_memory), overview.lineage};
  }
  refuse_unknown(name, overview.header.tensors);
}

class Extract final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"extract",
            "Write one tensor as an array that NumPy reads, or as raw bytes.",
            "[OPTIONS] MODEL --tensor NAME -o OUTPUT",
            {"mx-pack extract digits.mx --tensor head.weight -o head.npy",
             "mx-pack extract digits.mx --tensor head.bias --as raw -o - | od -t f4"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true, .json = true, .threads = true, .max_memory = true, .models = true};
  }
  [[nodiscard]] Fields fields() override {
    return {{.group = "Extracting",
             .name = "tensor",
             .help = "The tensor's name, as mx-pack list shows it",
             .value = &tensor_,
             .meaning = "NAME"},
            {"Extracting", "as", "npy, or the elements' little-endian bytes alone",
             choice(form_,
                    {{"npy", static_cast<int>(Form::npy)}, {"raw", static_cast<int>(Form::raw)}})}};
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    if (tensor_.empty()) {
      throw Error{Kind::usage, "--tensor is missing", "mx-pack list shows the tensors"};
    }
    ThreadPool pool(session.threads());
    const ReadOptions options = cli::reading(session);
    const auto in = cli::open_model(path_, session);
    auto [weight, lineage] = in->seekable() ? from_file(*in, tensor_, pool, options)
                                            : from_pipe(*in, tensor_, pool, options);
    cli::say_overrides(lineage, path_, session);
    const bool quantized = weight.scheme != Scheme::plain;
    const Tensor tensor = quantized ? to_f32(weight) : std::move(weight.values);
    write(session, tensor);
    session.result({{"name", tensor_},
                    {"dtype", std::string(name_of(tensor.dtype))},
                    {"shape", tensor.shape},
                    {"quantized", quantized}},
                   "");
    return 0;
  }

 private:
  void write(const cli::Session& session, const Tensor& tensor) const {
    const auto out = cli::open_output(session);
    if (form_ == Form::raw) {
      out->write(tensor.data.bytes());
      out->commit();
      return;
    }
    const auto sink = open_sink(Foreign::npy, *out, {{tensor_, tensor.dtype, tensor.shape}});
    sink->add(tensor);
    sink->finish();
  }

  std::string path_, tensor_;
  Form form_ = Form::npy;
};

}  // namespace

CommandPtr extract_command() { return std::make_unique<Extract>(); }

}  // namespace mx::pack
