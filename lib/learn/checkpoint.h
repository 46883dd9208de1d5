// SPDX-License-Identifier: Apache-2.0
// A run's state between two steps, kept in a file of the container (FileKind::checkpoint): the
// weights under their names, an optimizer's moments as adam.m/NAME, the best weights so far as
// best/NAME, masks as mask/NAME, counters, and the reports so far. Written whole or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/threads.h"
#include "file/model.h"

namespace mx {

struct Counters {
  std::uint64_t step = 0;  // steps done
  double loss_sum = 0;     // of the epoch under way, over its rows
  std::uint64_t loss_rows = 0;
  std::optional<double> epoch_loss;  // mean of the last whole epoch
  std::optional<double> best_loss, best_accuracy;
  std::int64_t waited = 0;  // evaluations since the best one
};

struct Checkpoint {
  std::string key;
  std::uint64_t seed = 0;
  Counters counters = {};
  std::vector<Weight> tensors = {};
  std::vector<Json> reports = {};  // thinned out (base/curve.h); no result depends on them
};

void save_checkpoint(const std::string& path, Checkpoint checkpoint, ThreadPool& pool);
// Throws Kind::input for a damaged file or one of another kind, and for one that somebody else may
// have put there (io::open_own).
[[nodiscard]] Checkpoint load_checkpoint(const std::string& path, ThreadPool& pool);

// A checkpoint is written over what is at its path, and removed in the end: throws Kind::usage
// where a regular file is there that no run kept for itself (FileKind::checkpoint).
void check_replaceable(const std::string& path);
// What is no regular file, or none of that kind, stays.
void remove_checkpoint(const std::string& path);

// Key and seed of the checkpoint at `path`; nullopt when there is no such file.
struct CheckpointIdentity {
  std::string key;
  std::uint64_t seed = 0;
};
[[nodiscard]] std::optional<CheckpointIdentity> find_checkpoint(const std::string& path);

}  // namespace mx
