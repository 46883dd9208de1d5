// SPDX-License-Identifier: Apache-2.0
#include "prune/recovery.h"

#include <algorithm>

namespace mx::prune {
namespace {

// Sparsity rises over the first two thirds of the training, in at most this many stages.
constexpr std::uint64_t kStages = 40;

MaskSchedule gradually(const Method& method, const Network& network, double sparsity, Log& log) {
  return [&method, &network, sparsity, &log](
             std::uint64_t step, std::uint64_t total,
             const CurrentWeights& weights) -> std::optional<std::vector<KeepMask>> {
    const std::uint64_t end = total - total / 3 - 1;  // at least one step follows, if there are two
    const std::uint64_t every = std::max<std::uint64_t>(1, end / kStages);
    if (step > end || (step != end && (step == 0 || step % every != 0))) return {};
    return method.masks(network, weights(), sparsity, gradual_sparsity(1, step, end), log);
  };
}

}  // namespace

Recovery::Outcome Recovery::at(const Subject& start, double sparsity, Log& log) const {
  Subject subject = start;
  if (method.options.layerwise()) {
    ThreadPool pool(threads);
    subject = method.layer_by_layer(start, sparsity, pool, log);
    if (!finetunes) return {std::move(subject)};
  } else if (!finetunes) {
    return {method.finish(start, method.masks(start.network, start.weights, sparsity, 1, log))};
  }
  TrainJob job;
  job.data = data;
  job.options = train;
  job.teaching = teaching;
  job.seed = seed;
  job.threads = threads;
  job.device = device;
  job.checkpoint = {checkpoint.path, key_at(sparsity)};
  if (method.options.layerwise()) {
    if (!method.structured()) job.masks = method.nonzeros(subject);
  } else if (gradual) {
    job.mask_schedule = gradually(method, start.network, sparsity, log);
  } else {
    std::vector<KeepMask> masks = method.masks(start.network, start.weights, sparsity, 1, log);
    subject = method.finish(std::move(subject), masks);
    if (!method.structured()) job.masks = std::move(masks);
  }
  job.network = subject.network;
  job.start = subject.weights;
  TrainResult result = mx::train(job, log);
  subject.weights = std::move(result.weights);
  if (gradual && result.stopped_by == 0) {
    subject = method.finish(std::move(subject), result.masks);
  }
  return {std::move(subject), result.steps, result.stopped_by};
}

}  // namespace mx::prune
