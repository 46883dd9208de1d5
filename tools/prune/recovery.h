// SPDX-License-Identifier: Apache-2.0
// Prunes at one sparsity and trains what is left, resumably.
#pragma once

#include <string>

#include "base/log.h"
#include "learn/train.h"
#include "prune/method.h"

namespace mx::prune {

struct Recovery {
  Method method;
  bool finetunes = false, gradual = false;
  TrainOptions train;
  const Loaded* data = nullptr;  // none: nothing is trained
  const Teaching* teaching = nullptr;
  std::uint64_t seed = 0;
  std::size_t threads = 1;
  std::string device;
  CheckpointPlan checkpoint;

  struct Outcome {
    Subject subject;
    std::uint64_t steps = 0;
    int stopped_by = 0;  // signal: the checkpoint was saved, the subject is of no use
  };
  // Each sparsity is a run of its own.
  [[nodiscard]] std::string key_at(double sparsity) const {
    return fmt::format("{}/{}", checkpoint.key, sparsity);
  }
  [[nodiscard]] Outcome at(Subject start, double sparsity, Log& log) const;
  // Of the checkpoint while maps are pruned one after the other.
  [[nodiscard]] std::string maps_key(double sparsity) const { return key_at(sparsity) + "/maps"; }
};

}  // namespace mx::prune
