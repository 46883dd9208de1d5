// SPDX-License-Identifier: Apache-2.0
// mx-pack list: a table of a model's tensors.
#include "base/words.h"
#include "cli/models.h"
#include "pack/commands.h"
#include "pack/describe.h"

namespace mx::pack {
namespace {

std::string text(const Overview& overview) {
  std::vector<std::vector<std::string>> rows = {{"tensor", "type", "shape", "codec", "bytes"}};
  for (const StoredTensor& tensor : overview.tensors) {
    const std::string codec =
        tensor.entry.same ? "same as " + printable(overview.tensors[*tensor.entry.same].entry.name)
                          : std::string(name_of(tensor.codec));
    rows.push_back({printable(tensor.entry.name), std::string(name_of(tensor.entry.dtype)),
                    to_string(tensor.entry.shape), codec, grouped(tensor.bytes)});
  }
  return aligned(rows, LastColumn::right);
}

class List final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"list",
            "List a model's tensors: type, shape, codec, bytes in the file.",
            "[OPTIONS] MODEL",
            {"mx-pack list digits.mx", "mx-pack list digits.mx --json"}};
  }
  [[nodiscard]] cli::Honours honours() const override { return {.json = true, .models = true}; }
  [[nodiscard]] Fields fields() override { return {}; }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    const auto in = cli::open_model(path_, session);
    const Overview overview = read_overview(*in);
    cli::say_overrides(overview.lineage, path_, session);
    session.result({{"tensors", tensors_json(overview)}}, text(overview));
    return 0;
  }

 private:
  std::string path_;
};

}  // namespace

CommandPtr list_command() { return std::make_unique<List>(); }

}  // namespace mx::pack
