// SPDX-License-Identifier: Apache-2.0
// The maps that a run has pruned one after the other, kept in its checkpoint so that a stopped run
// goes on at the map it was in. Saved now and then: never so often that saving takes more than a
// few hundredths of the time.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/threads.h"
#include "learn/train.h"
#include "shrink/moments.h"

namespace mx::prune {

class PrunedMaps {
 public:
  // The checkpoint that `options` name or `plan` does is read if it is this key's; that of another
  // run is refused (check_resume), but not one of `later`, a part of the same run. Empty path:
  // nothing is kept.
  PrunedMaps(const TrainOptions& options, CheckpointPlan plan, const std::string& later,
             std::uint64_t seed, ThreadPool& pool);
  // Null: not pruned yet.
  [[nodiscard]] const Tensor* find(const std::string& name) const;
  // Behind each stage. Saves what there is when it is time, or when `now`.
  void add(const Stage& stage, const std::vector<Weight>& weights, bool now);

 private:
  CheckpointPlan plan_;
  std::uint64_t seed_;
  std::optional<std::int64_t> every_;  // stages
  std::vector<Weight> known_;
  std::set<std::string> done_;
  std::int64_t waited_ = 0;  // stages since it was saved
  ThreadPool& pool_;
  std::chrono::steady_clock::time_point due_;
};

}  // namespace mx::prune
