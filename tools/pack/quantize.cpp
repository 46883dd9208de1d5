// SPDX-License-Identifier: Apache-2.0
#include "pack/quantize.h"

#include "base/words.h"
#include "file/lineage.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "infer/quality.h"
#include "pack/describe.h"
#include "pack/packed.h"

namespace mx::pack {
namespace {

void add_loss(const Evaluation& evaluation, const std::string& when, Json& metrics) {
  metrics["rows"] = evaluation.n;
  metrics["loss_" + when] = rounded(evaluation.loss);
  if (evaluation.task == Task::classify) {
    metrics["accuracy_" + when] = rounded(evaluation.accuracy);
  }
}

Json results_json(const std::vector<TensorResult>& results) {
  Json out = Json::array();
  for (const TensorResult& one : results) {
    Json json = {{"name", one.name},
                 {"code", std::string(name_of(one.code))},
                 {"error", rounded(one.error)}};
    if (one.solved) json["damping"] = rounded(one.damping);
    out.push_back(std::move(json));
  }
  return out;
}

std::vector<TensorResult> change(Model& model, const QuantizeJob& job, ThreadPool& pool, Log& log) {
  const std::vector<TensorCode> codes = codes_for(model.header.network, job.options);
  std::optional<CalibrationRows> rows;
  if (job.measure.solves()) rows = job.measure.rows(static_cast<std::size_t>(job.options.rows));
  std::vector<TensorResult> results =
      quantize(model.header.network, model.weights, codes, job.options, rows ? &*rows : nullptr,
               pool, [&](std::size_t done, std::size_t all) {
                 log.progress({"tensor", done, all, ""});
               });
  if (results.empty()) {
    throw Error{Kind::usage, "there is nothing left to quantize",
                "the weights are integers already; without --quantize the file is only recoded"};
  }
  for (const TensorResult& one : results) {
    if (one.solved && one.damping > job.options.damping) {
      log.warn(fmt::format("{}: the moments of its inputs needed a damping of {:g}",
                           printable(one.name), one.damping));
    }
    log.verbose(fmt::format("{}: {}, {:.3g} of the {} square is lost", printable(one.name),
                            name_of(one.code), one.error, one.solved ? "outputs'" : "numbers'"));
  }
  return results;
}

}  // namespace

int quantize(cli::Session& session, const QuantizeJob& job) {
  ThreadPool pool(session.threads());
  Model model = read_model(job.path, pool, {.max_memory = session.max_memory()});
  if (model.header.network.empty()) {
    throw Error{Kind::usage, fmt::format("{} has no network to quantize", shown(job.path)),
                "import it with --network"};
  }
  const bool measures = job.measure.wanted();
  if (measures) job.measure.load(model, pool, session.log());
  Json metrics = Json::object();
  if (model.probes.empty()) set_probes(model, pool);
  (void)agreeing(model, pool);
  std::vector<Weight> original;
  if (measures) {
    add_loss(job.measure.run(model, pool), "before", metrics);
    original = model.weights;
  }
  set_probes(model, pool);
  const std::vector<TensorResult> results = change(model, job, pool, session.log());
  metrics["probe_difference"] = rounded(run_probes(model, pool).difference);
  std::string human = fmt::format("largest difference of a probe {:.3g}\n",
                                  metrics["probe_difference"].get<double>());
  if (measures) {
    add_loss(job.measure.run(model, pool), "after", metrics);
    const Comparison both = job.measure.compare(model, original, pool);
    if (both.task != Task::regress) metrics["kl"] = rounded(both.kl);
    human += fmt::format(
        "loss {:.6g} -> {:.6g}{} on {} {}\n", metrics["loss_before"].get<double>(),
        metrics["loss_after"].get<double>(),
        both.task == Task::regress ? std::string() : fmt::format(", KL {:.3g}", both.kl),
        metrics["rows"].get<std::uint64_t>(),
        takes_tokens(model.header.network) ? "tokens" : "rows");
  }
  set_probes(model, pool);
  Record record = make_record("quantize", "mx-pack", session.lineage_options());
  record.parents = {{model.identity, "input"}};
  record.data = job.measure.used();
  record.metrics = metrics;
  model.lineage = extend({&model.lineage}, record);
  const auto out = open_packed(session);
  write_model(*out, model, pool, {.effort = job.effort});
  Totals totals{0, out->written(), model.identity};
  for (const Weight& weight : model.weights) totals.nonzero += count_nonzero(weight.values);
  metrics["quantized"] = results_json(results);
  report_packed(session, model.header, totals, metrics, human);
  return 0;
}

}  // namespace mx::pack
