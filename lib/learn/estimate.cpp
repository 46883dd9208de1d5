// SPDX-License-Identifier: Apache-2.0
#include "learn/estimate.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/words.h"
#include "file/writer.h"
#include "infer/probe.h"
#include "learn/plan.h"
#include "learn/restart.h"

namespace mx {
namespace {

constexpr std::uint64_t kSteps = 8;
// Where steps differ in size, more of them say more: as many as take no longer than this, at most
// kMostSteps.
constexpr double kSeconds = 4;
constexpr std::uint64_t kMostSteps = 128;

std::uint64_t peak_memory() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

Estimate estimate(const TrainJob& job, Model& model, ThreadPool& pool) {
  check_resume(job.options, job.checkpoint);
  const Plan plan = make_plan(job.options, job.data->train.rows);
  TrainJob trial = job;
  // Checkpoints take memory too: they are made, and written nowhere.
  if (!trial.checkpoint.path.empty()) trial.checkpoint.path = "/dev/null";
  trial.options.resume = "never";
  trial.options.epochs.reset();
  NoLog log;
  const auto first_steps = [&](std::uint64_t steps) {
    trial.options.steps = static_cast<std::int64_t>(std::min(steps, plan.steps));
    return train(trial, log);
  };
  TrainResult result = first_steps(kSteps);
  const double more = kSeconds / std::max(1e-9, result.step_seconds);
  if (more > 2 * kSteps) {
    result = first_steps(static_cast<std::uint64_t>(std::min<double>(more, kMostSteps)));
  }
  model.weights = std::move(result.weights);
  set_probes(model, pool);
  Estimate out;
  out.parameters = parameters_of(job);
  out.steps = plan.steps;
  out.seconds = static_cast<double>(plan.steps) * result.step_seconds;
  out.share_of_peak = result.share_of_peak;
  out.output = write_model("/dev/null", io::Existing::replace, model, pool);
  out.memory = peak_memory();
  return out;
}

Json to_json(const Estimate& estimate) {
  return {{"dry_run", true},
          {"parameters", estimate.parameters},
          {"steps", estimate.steps},
          {"seconds", estimate.seconds},
          {"share_of_peak", estimate.share_of_peak ? Json(*estimate.share_of_peak) : Json()},
          {"memory_bytes", estimate.memory},
          {"bytes", estimate.output}};
}

std::string describe(const Estimate& estimate) {
  return fmt::format("{} parameters, {} steps, about {}, {} of memory, output about {}\n",
                     estimate.parameters, estimate.steps, human_seconds(estimate.seconds),
                     human_bytes(estimate.memory), human_bytes(estimate.output));
}

}  // namespace mx
