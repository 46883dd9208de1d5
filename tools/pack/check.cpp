// SPDX-License-Identifier: Apache-2.0
// mx-pack check: everything a file promises, held against its bytes. Silent when all is well.
#include "base/words.h"
#include "cli/models.h"
#include "file/digest.h"
#include "infer/probe.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "pack/soundness.h"

namespace mx::pack {
namespace {

class Check final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"check",
            "Check every byte, digest, size and probe of a model; silent when all is well.",
            "[OPTIONS] MODEL",
            {"mx-pack check digits.mx", "mx-pack check -v digits.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.json = true, .threads = true, .max_memory = true, .models = true};
  }
  [[nodiscard]] Fields fields() override { return {}; }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    ThreadPool pool(session.threads());
    ReadOptions options = cli::reading(session);
    options.verify_sections = true;
    Model model = read_model(path_, pool, options);
    check_schema(model);
    check_tokenizer(model);
    Log& log = session.log();
    log.verbose(
        fmt::format("{} tensors decoded, every chunk's XXH3-128 and every section's "
                    "SHA-256 agree",
                    model.weights.size()));
    if (!model.header.network.empty()) {
      log.verbose(fmt::format(
          "the tensors are those of the network ({} blocks), {}",
          model.header.network.blocks.size(),
          model.header.schema.is_null() ? "there is no schema" : "its sizes are the schema's"));
    }
    const std::size_t records = model.lineage.records.size();
    log.verbose(fmt::format("{} record{} of lineage", records, records == 1 ? "" : "s"));
    const ProbeResult probes = run_probes(model, pool);
    log.verbose(model.probes.empty() ? std::string("there are no probes to run")
                                     : fmt::format("{} probes run, largest difference {:g}",
                                                   model.probes.size(), probes.difference));
    log.verbose(fmt::format("identity {}", to_hex(model.identity)));
    const std::size_t tensors = model.weights.size(), count = model.probes.size();
    const std::string identity = to_hex(model.identity);
    check_pieces(std::move(model), path_);
    session.result({{"ok", probes.agrees},
                    {"tensors", tensors},
                    {"probes", count},
                    {"probe_difference", probes.difference},
                    {"identity", identity}},
                   "");
    if (probes.agrees) return 0;
    throw Error{Kind::answer,
                fmt::format("{}: a probe's answer differs from the recorded one by {:g}",
                            input_name(path_), probes.difference),
                "the bytes are whole, but this program computes something else with them"};
  }

 private:
  std::string path_;
};

}  // namespace

CommandPtr check_command() { return std::make_unique<Check>(); }

}  // namespace mx::pack
