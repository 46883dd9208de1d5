// SPDX-License-Identifier: Apache-2.0
#include "prune/maps.h"

#include <algorithm>

#include "learn/checkpoint.h"
#include "learn/restart.h"

namespace mx::prune {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kLeast = std::chrono::seconds(3);
constexpr int kShare = 30;  // times as long as saving took, before the next

}  // namespace

PrunedMaps::PrunedMaps(const TrainOptions& options, CheckpointPlan plan, const std::string& later,
                       std::uint64_t seed, ThreadPool& pool)
    : plan_(std::move(plan)),
      seed_(seed),
      every_(options.checkpoint_every),
      pool_(pool),
      due_(Clock::now() + kLeast) {
  if (options.resume == "never") return;
  const std::string& path = options.resume == "auto" ? plan_.path : options.resume;
  if (path.empty()) return;
  const std::optional<CheckpointIdentity> found = find_checkpoint(path);
  if (found && found->key == later) return;
  check_resume(options, plan_);
  if (!found) return;
  known_ = load_checkpoint(path, pool_).tensors;
  for (const Weight& one : known_) done_.insert(one.name);
}

const Tensor* PrunedMaps::find(const std::string& name) const {
  const auto found = std::ranges::find(known_, name, &Weight::name);
  return found == known_.end() ? nullptr : &found->values;
}

void PrunedMaps::add(const Stage& stage, const std::vector<Weight>& weights, bool now) {
  if (plan_.path.empty()) return;
  const bool more = !done_.contains(stage.front());
  done_.insert(stage.begin(), stage.end());
  const auto begin = Clock::now();
  const bool time = every_ ? more && ++waited_ >= *every_ : more && begin >= due_;
  if (!now && !time) return;
  Checkpoint state{.key = plan_.key, .seed = seed_};
  for (const Weight& weight : weights) {
    if (done_.contains(weight.name)) state.tensors.push_back(weight);
  }
  save_checkpoint(plan_.path, std::move(state), pool_);
  const auto end = Clock::now();
  due_ = end + std::max<Clock::duration>(kLeast, kShare * (end - begin));
  waited_ = 0;
}

}  // namespace mx::prune
