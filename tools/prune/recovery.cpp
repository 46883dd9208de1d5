// SPDX-License-Identifier: Apache-2.0
#include "prune/recovery.h"

#include <algorithm>

#include "learn/checkpoint.h"
#include "learn/restart.h"

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

Recovery::Outcome Recovery::at(Subject start, double sparsity, Log& log) const {
  Subject subject;
  ThreadPool pool(threads);
  if (method.options.layerwise() && method.structured()) {
    try {
      subject = method.group_by_group(std::move(start), sparsity, pool, log);
    } catch (const Interrupted& stop) {
      return {{}, 0, stop.signal};
    }
    if (!finetunes) return {std::move(subject)};
  } else if (method.options.layerwise()) {
    PrunedMaps maps(train, {checkpoint.path, maps_key(sparsity)}, key_at(sparsity), seed, pool);
    try {
      subject = method.layer_by_layer(std::move(start), sparsity, maps, pool, log);
    } catch (const Interrupted& stop) {
      return {{}, 0, stop.signal};
    }
    if (!finetunes) return {std::move(subject)};
    const auto found = find_checkpoint(checkpoint.path);
    if (found && found->key == maps_key(sparsity)) remove_checkpoint(checkpoint.path);
  } else if (!finetunes) {
    if (method.in_place()) return {method.prune_in_place(std::move(start), sparsity, pool)};
    const std::vector<KeepMask> masks =
        method.masks(start.network, start.weights, sparsity, 1, log);
    return {method.finish(std::move(start), masks)};
  } else {
    subject = start;
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
