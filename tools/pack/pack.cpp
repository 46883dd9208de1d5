// SPDX-License-Identifier: Apache-2.0
// mx-pack without a verb: the same model in fewer bytes, without loss or as 8-bit integers.
#include "base/words.h"
#include "file/digest.h"
#include "file/lineage.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "infer/quality.h"
#include "pack/commands.h"
#include "pack/describe.h"
#include "pack/measure.h"
#include "tensor/quantize.h"

namespace mx::pack {
namespace {

enum class Quantize { none, int8 };

// Counts what goes by.
struct Totals {
  std::uint64_t nonzero = 0, bytes = 0;
  Sha256 identity = {};
};

class Pack final : public cli::Command {
 public:
  [[nodiscard]] cli::About about() const override {
    return {"",
            "Write the same model in fewer bytes.",
            "[OPTIONS] MODEL -o OUTPUT",
            {"mx-pack digits.mx -o packed.mx --effort max",
             "mx-pack digits.mx --quantize int8 --calibrate digits.csv -o int8.mx"}};
  }
  [[nodiscard]] cli::Honours honours() const override {
    return {.output = true, .json = true, .threads = true, .dry_run = true, .max_memory = true};
  }
  [[nodiscard]] Fields fields() override {
    Fields fields = {
        {"Packing", "effort", "How long to look for the smallest coding; the content is the same",
         choice(effort_, {{"fast", static_cast<int>(Effort::fast)},
                          {"normal", static_cast<int>(Effort::normal)},
                          {"max", static_cast<int>(Effort::max)}})},
        {"Packing", "quantize",
         "Round the weights of linear maps and convolutions to 8 bits, a scale for each row",
         choice(quantize_, {{"none", static_cast<int>(Quantize::none)},
                            {"int8", static_cast<int>(Quantize::int8)}})}};
    append(fields, measure_.fields());
    return fields;
  }
  [[nodiscard]] std::vector<cli::Positional> positionals() override {
    return {{"MODEL", "The model file", &path_, true, true}};
  }
  [[nodiscard]] int run(cli::Session& session) override {
    return quantize_ == Quantize::none ? recode(session) : quantize(session);
  }

 private:
  // Without loss, one tensor at a time; all of them are kept only where that is cheap, to run the
  // probes before anything is committed.
  int recode(cli::Session& session) const {
    if (measure_.wanted()) {
      throw Error{Kind::usage, "--calibrate has nothing to measure: nothing is lost",
                  "it belongs to --quantize"};
    }
    ThreadPool pool(session.threads());
    const auto in = io::open_input(path_);
    ModelStream stream(*in, pool, {.max_memory = session.max_memory()});
    const auto out = open(session);
    ModelWriter writer(*out, stream.header(), pool, {.effort = effort_});
    Model kept;
    kept.header = stream.header();
    const bool keep =
        !kept.header.network.empty() && raw_bytes(kept.header) < session.max_memory() / 4;
    const std::uint64_t tensors = kept.header.tensors.size();
    std::uint64_t done = 0, nonzero = 0;
    while (std::optional<Weight> weight = stream.next()) {
      writer.add(*weight);
      nonzero += count_nonzero(weight->values);
      if (keep) kept.weights.push_back(std::move(*weight));
      session.log().progress({"tensor", ++done, tensors, ""});
    }
    ModelStream::Tail tail = stream.finish();
    Json metrics = Json::object();
    if (keep && !tail.probes.empty()) {
      kept.probes = tail.probes;
      metrics["probe_difference"] = rounded(agreeing(kept, pool).difference);
    }
    Record record = make_record("pack", "mx-pack", session.lineage_options());
    record.parents = {{tail.identity, "input"}};
    record.metrics = metrics;
    const Sha256 identity = writer.finish(extend({&tail.lineage}, record), tail.probes);
    report(session, kept.header, {nonzero, out->written(), identity}, metrics, "");
    return 0;
  }

  int quantize(cli::Session& session) {
    ThreadPool pool(session.threads());
    Model model = read_model(path_, pool, {.max_memory = session.max_memory()});
    if (model.header.network.empty()) {
      throw Error{Kind::usage, fmt::format("{} has no network to quantize", shown(path_)),
                  "import it with --network"};
    }
    if (measure_.wanted()) measure_.load(model, pool, session.log());
    Json metrics = Json::object();
    std::string human;
    if (model.probes.empty()) set_probes(model, pool);
    (void)agreeing(model, pool);
    if (measure_.wanted()) measured(model, pool, "before", metrics);
    set_probes(model, pool);
    quantize_weights(model);
    metrics["probe_difference"] = rounded(run_probes(model, pool).difference);
    human = fmt::format("largest difference of a probe {:.3g}\n",
                        metrics["probe_difference"].get<double>());
    if (measure_.wanted()) {
      measured(model, pool, "after", metrics);
      human +=
          fmt::format("loss {:.6g} -> {:.6g} on {} rows\n", metrics["loss_before"].get<double>(),
                      metrics["loss_after"].get<double>(), metrics["rows"].get<std::uint64_t>());
    }
    set_probes(model, pool);
    Record record = make_record("quantize", "mx-pack", session.lineage_options());
    record.parents = {{model.identity, "input"}};
    record.data = measure_.used();
    record.metrics = metrics;
    model.lineage = extend({&model.lineage}, record);
    const auto out = open(session);
    write_model(*out, model, pool, {.effort = effort_});
    Totals totals{0, out->written(), model.identity};
    for (const Weight& weight : model.weights) totals.nonzero += count_nonzero(weight.values);
    report(session, model.header, totals, metrics, human);
    return 0;
  }

  // The weights' answers are those recorded, up to what another processor may change.
  static ProbeResult agreeing(const Model& model, ThreadPool& pool) {
    const ProbeResult result = run_probes(model, pool);
    if (!result.agrees) {
      throw Error{
          Kind::answer,
          fmt::format("a probe's answer differs from the recorded one by {:g}", result.difference),
          "nothing was written; mx-pack check -v says what is wrong"};
    }
    return result;
  }

  void measured(const Model& model, ThreadPool& pool, const std::string& when,
                Json& metrics) const {
    const Evaluation evaluation = measure_.run(model, pool);
    metrics["rows"] = evaluation.n;
    metrics["loss_" + when] = rounded(evaluation.loss);
    if (evaluation.task == Task::classify) {
      metrics["accuracy_" + when] = rounded(evaluation.accuracy);
    }
  }

  static void quantize_weights(Model& model) {
    std::size_t changed = 0;
    for (const TensorSpec& spec : tensors(model.header.network)) {
      if (!spec.prunable) continue;
      for (Weight& weight : model.weights) {
        if (weight.name != spec.name || weight.scheme != Scheme::plain) continue;
        weight.values = to_f32(weight);
        weight = quantize_channel(weight);
        ++changed;
      }
    }
    if (changed == 0) {
      throw Error{Kind::usage, "there is nothing left to quantize",
                  "the weights are integers already; without --quantize the file is only recoded"};
    }
  }

  [[nodiscard]] static std::unique_ptr<io::Output> open(const cli::Session& session) {
    const cli::Common& common = session.common();
    return io::open_output(common.dry_run ? "/dev/null" : common.output, existing(session));
  }

  static void report(cli::Session& session, const Header& header, const Totals& totals,
                     const Json& metrics, const std::string& more) {
    Json out = {{"bytes", totals.bytes},
                {"raw_bytes", raw_bytes(header)},
                {"parameters", parameters_of(header)},
                {"nonzero", totals.nonzero},
                {"identity", to_hex(totals.identity)}};
    out.update(metrics);
    session.result(
        out, fmt::format("{}{}{} bytes, 1/{:.1f} of {} raw; {} parameters, {} not zero\n", more,
                         session.common().dry_run ? "would be " : "", grouped(totals.bytes),
                         static_cast<double>(raw_bytes(header)) / static_cast<double>(totals.bytes),
                         grouped(raw_bytes(header)), grouped(parameters_of(header)),
                         grouped(totals.nonzero)));
  }

  std::string path_;
  Effort effort_ = Effort::normal;
  Quantize quantize_ = Quantize::none;
  Measure measure_;
};

}  // namespace

CommandPtr pack_command() { return std::make_unique<Pack>(); }

}  // namespace mx::pack
