// SPDX-License-Identifier: Apache-2.0
#include "pack/quantize.h"

#include <limits>

#include "base/words.h"
#include "cli/models.h"
#include "file/adapter.h"
#include "file/lineage.h"
#include "file/payload.h"
#include "file/rights.h"
#include "file/writer.h"
#include "infer/quality.h"
#include "pack/describe.h"
#include "pack/packed.h"
#include "shrink/allocate.h"
#include "shrink/search.h"
#include "trust/gate.h"

namespace mx::pack {
namespace {

// One way to write the model, complete but for the file.
struct Attempt {
  Model model;
  std::vector<TensorResult> results;
  Json metrics = Json::object();
  double loss = 0;  // measured, where there are rows
};

class Quantizer {
 public:
  Quantizer(cli::Session& session, const QuantizeJob& job)
      : session_(session), job_(job), pool_(session.threads()) {
    model_ = read_model(job.path, pool_, cli::reading(session));
    refuse_adapter(model_.header, job.path);
    if (model_.header.network.empty()) {
      throw Error{Kind::usage, fmt::format("{} has no network to quantize", input_name(job.path)),
                  "import it with --network"};
    }
    said_ = job.rights.settle(session.licenses(), session.log());
    Gate gate(session.licenses(), session.common().output, job.rights.override_reason);
    gate.model(Permission::modify, "quantize", model_, job.path);
    overridden_ = gate.settle(session.log());  // before any data is opened
    if (job.measure.wanted()) job.measure.load(model_, pool_, session.log());
    if (model_.probes.empty()) set_probes(model_, pool_);
    (void)agreeing(model_, pool_);
    set_probes(model_, pool_);
    if (job.measure.wanted() && job.measure.scores()) before_ = job.measure.run(model_, pool_);
    if (job.target.loss_increase && !before_) {
      throw Error{Kind::usage,
                  "the model makes vectors of texts, which nothing scores: there is no loss for "
                  "--max-loss-increase",
                  "take --target-size, or --quantize, which says how far the vectors move"};
    }
    if (job.measure.solves()) {
      rows_ = job.measure.rows(job.options.rows ? static_cast<std::size_t>(*job.options.rows)
                                                : default_calibration_rows(model_.header.network));
    }
  }

  [[nodiscard]] Attempt as_said() {
    Attempt out = attempt(codes_for(model_.header.network, job_.options));
    if (out.results.empty()) {
      throw Error{Kind::usage, "there is nothing left to quantize",
                  "the weights are integers already; without --quantize the file is only recoded"};
    }
    return out;
  }

  // The best plan whose file is at most as large as the target, or the smallest whose loss stays
  // within the limit; of both, the former, if it is within the latter.
  [[nodiscard]] Attempt on_target() {
    std::optional<double> limit;
    if (job_.target.loss_increase) {
      limit = loss_limit(before_->loss, *job_.target.loss_increase, before_->task == Task::regress);
    }
    const std::vector<CodePlan> all = plans(weighed());
    return job_.target.size.empty() ? within_loss(all, *limit)
                                    : within_size(all, parse_bytes(job_.target.size), limit);
  }

  [[nodiscard]] ThreadPool& pool() { return pool_; }

 private:
  struct Sized {
    Attempt attempt;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] Sized sized(const std::vector<CodePlan>& all, std::uint32_t number) {
    Sized out{attempt(all[number - 1].codes)};
    const auto nowhere = io::open_output("/dev/null");
    write_model(*nowhere, out.attempt.model, pool_, {.effort = job_.effort});
    out.bytes = nowhere->written();
    session_.log().info(
        fmt::format("plan {} of {}: {} bytes{}", number, all.size(), grouped(out.bytes),
                    before_ ? fmt::format(", loss {:.5g}", out.attempt.loss) : std::string()));
    return out;
  }

  [[nodiscard]] Attempt within_size(const std::vector<CodePlan>& all, std::uint64_t size,
                                    std::optional<double> limit) {
    // What the head, the index and the lineage take is known after the first attempt.
    const auto first =
        std::ranges::find_if(all, [&](const CodePlan& plan) { return plan.bytes <= size; });
    std::optional<Sized> best;
    std::uint64_t nearest = std::numeric_limits<std::uint64_t>::max();
    (void)last_within(static_cast<std::uint32_t>(all.size()),
                      static_cast<std::uint32_t>(first - all.begin()), [&](std::uint32_t number) {
                        Sized one = sized(all, number);
                        nearest = std::min(nearest, one.bytes);
                        const bool too_large = one.bytes > size;
                        if (!too_large) best = std::move(one);
                        return too_large;
                      });
    if (!best) {
      throw Error{Kind::answer,
                  fmt::format("no plan comes to {} bytes; the nearest has {}", grouped(size),
                              grouped(nearest)),
                  "prune the model first, or allow fewer bits"};
    }
    if (limit && best->attempt.loss > *limit) {
      throw Error{Kind::answer,
                  fmt::format("at {} bytes the loss is {:.5g}, over the limit {:.5g}",
                              grouped(best->bytes), best->attempt.loss, *limit),
                  "allow more with --target-size or --max-loss-increase"};
    }
    return std::move(best->attempt);
  }

  [[nodiscard]] Attempt within_loss(const std::vector<CodePlan>& all, double limit) {
    std::optional<Sized> best;
    (void)last_within(static_cast<std::uint32_t>(all.size()), 0, [&](std::uint32_t number) {
      Sized one = sized(all, number);
      const bool within = one.attempt.loss <= limit;
      if (within) best = std::move(one);
      return within;
    });
    if (!best) {
      throw Error{Kind::answer, fmt::format("no plan keeps the loss within {:.5g}", limit),
                  "allow more with --max-loss-increase"};
    }
    return std::move(best->attempt);
  }

  [[nodiscard]] std::vector<TensorChoices> weighed() {
    std::size_t raw = 0;
    for (const Weight& weight : model_.weights) raw += weight.values.data.size();
    QuantizeOptions options = job_.options;
    if (options.code == Code::none) options.code = Code::int2;
    Weighing weighing;
    weighing.bytes = [this, raw](const Weight& weight) {
      return packed_bytes(weight, pool_, job_.effort, raw);
    };
    if (before_) {
      weighing.loss = [this](const std::vector<Weight>& weights) {
        const Comparison both = job_.measure.compare(model_, weights, pool_, true);
        return both.task == Task::regress ? both.a.loss - both.b.loss : both.kl;
      };
    }
    weighing.progress = [this](std::size_t done, std::size_t all) {
      session_.log().progress({"weighing", done, all, ""});
    };
    return weigh(model_.header.network, model_.weights, options, rows_ ? &*rows_ : nullptr, pool_,
                 weighing);
  }

  [[nodiscard]] Attempt attempt(const std::vector<TensorCode>& codes) {
    Attempt out;
    out.model = model_;
    out.results =
        mx::quantize(model_.header.network, out.model.weights, codes, job_.options,
                     rows_ ? &*rows_ : nullptr, pool_, [this](std::size_t done, std::size_t all) {
                       session_.log().progress({"tensor", done, all, ""});
                     });
    if (before_) {
      const Comparison both = job_.measure.compare(out.model, model_.weights, pool_);
      out.loss = both.b.loss;
      out.metrics["rows"] = both.n;
      out.metrics["loss_before"] = rounded(both.a.loss);
      out.metrics["loss_after"] = rounded(both.b.loss);
      if (both.task != Task::regress) out.metrics["kl"] = rounded(both.kl);
      if (both.task == Task::classify) {
        out.metrics["accuracy_before"] = rounded(before_->accuracy);
        out.metrics["accuracy_after"] = rounded(job_.measure.run(out.model, pool_).accuracy);
      }
    }
    if (job_.measure.wanted() && !before_) {
      out.metrics["cosine_distance"] =
          rounded(job_.measure.vectors_apart(out.model, model_.weights, pool_));
    }
    out.metrics["probe_difference"] = rounded(run_probes(out.model, pool_).difference);
    set_probes(out.model, pool_);
    Record record = make_record("quantize", "mx-pack", session_.lineage_options());
    record.parents = {{model_.identity, "input"}};
    record.data = job_.measure.used();
    record.metrics = out.metrics;
    record.override_permission = overridden_;
    out.model.header.rights = inherit_rights({model_.header.rights}, said_);
    declare(record, said_, out.model.header.rights, session_.licenses());
    out.model.lineage = extend({{&model_.lineage, model_.identity}}, record);
    return out;
  }

  cli::Session& session_;
  const QuantizeJob& job_;
  ThreadPool pool_;
  Model model_;
  Rights said_;
  std::optional<PermissionOverride> overridden_;
  std::optional<Evaluation> before_;
  std::optional<CalibrationRows> rows_;
};

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

void say_results(const std::vector<TensorResult>& results, const QuantizeJob& job, Log& log) {
  for (const TensorResult& one : results) {
    if (one.solved && one.damping > job.options.damping) {
      log.warn(fmt::format("{}: the moments of its inputs needed a damping of {:g}",
                           printable(one.name), one.damping));
    }
    const std::string line =
        fmt::format("{}: {}, {:.3g} of the {} square is lost", printable(one.name),
                    name_of(one.code), one.error, one.solved ? "outputs'" : "numbers'");
    if (job.target.given()) {
      log.info(line);
    } else {
      log.verbose(line);
    }
  }
}

std::string for_people(const Json& metrics, const Network& network) {
  std::string out = fmt::format("largest difference of a probe {:.3g}\n",
                                metrics["probe_difference"].get<double>());
  if (metrics.contains("cosine_distance")) {
    out += fmt::format("vectors of texts move by a mean cosine distance of {:.3g}\n",
                       metrics["cosine_distance"].get<double>());
  }
  if (!metrics.contains("loss_before")) return out;
  return out + fmt::format(
                   "loss {:.6g} -> {:.6g}{} on {} {}\n", metrics["loss_before"].get<double>(),
                   metrics["loss_after"].get<double>(),
                   metrics.contains("kl") ? fmt::format(", KL {:.3g}", metrics["kl"].get<double>())
                                          : std::string(),
                   metrics["rows"].get<std::uint64_t>(), takes_tokens(network) ? "tokens" : "rows");
}

}  // namespace

Fields Target::fields() {
  return {
      {.group = "Quantizing",
       .name = "target-size",
       .help = "Choose the code of each tensor so that the file is at most this large and loses "
               "the least: 1.5MB, 300KB; no fewer bits than --quantize",
       .value = &size,
       .meaning = "SIZE"},
      {"Quantizing", "max-loss-increase",
       "Choose the code of each tensor for the smallest file whose loss grows by at most this: "
       "nats, or a share of the loss for regression",
       &loss_increase, Range{0, 1e9}}};
}

int quantize(cli::Session& session, const QuantizeJob& job) {
  if (!job.target.size.empty()) (void)parse_bytes(job.target.size);  // before any work
  if (job.target.loss_increase && !job.measure.wanted()) {
    throw Error{Kind::usage, "--max-loss-increase has no rows to measure the loss on",
                "add --valid or --calibrate"};
  }
  if (job.target.given() && job.options.code == Code::codebook) {
    throw Error{Kind::usage,
                "a codebook's size is no choice of --target-size or --max-loss-increase",
                "leave --quantize out, or say the fewest bits: int2, int3, int4, int8"};
  }
  Quantizer quantizer(session, job);
  Attempt done = job.target.given() ? quantizer.on_target() : quantizer.as_said();
  say_results(done.results, job, session.log());
  const auto out = cli::open_output(session);
  write_model(*out, done.model, quantizer.pool(), {.effort = job.effort});
  Totals totals{0, out->written(), done.model.identity};
  for (const Weight& weight : done.model.weights) totals.nonzero += count_nonzero(weight.values);
  Json metrics = done.metrics;
  metrics["quantized"] = results_json(done.results);
  report_packed(session, done.model.header, totals, metrics,
                for_people(done.metrics, done.model.header.network));
  return 0;
}

}  // namespace mx::pack
