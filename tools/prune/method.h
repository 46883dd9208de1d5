// SPDX-License-Identifier: Apache-2.0
// One way of pruning: scores by the criterion, masks by the pattern, and at the end zeros or a
// smaller network.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "prune/options.h"
#include "shrink/moments.h"
#include "shrink/structure.h"

namespace mx::prune {

// A network and its weights, as pruning passes them on.
struct Subject {
  Network network;
  std::vector<Weight> weights;
  double sparsity = 0;  // the share of prunable numbers or structures that went
  std::map<std::string, double> errors = {};  // of each map's outputs, where they were measured
};

struct Method {
  PruneOptions options;
  Pattern pattern;
  const Schema* schema = nullptr;
  const Dataset* rows = nullptr;  // of all criteria but magnitude
  std::size_t threads = 1;

  // Of wanda and sparsegpt: pruned one map after the other.
  [[nodiscard]] Subject layer_by_layer(const Subject& start, double sparsity, ThreadPool& pool,
                                       Log& log) const;
  // What stays of a subject that is pruned: what is not zero.
  [[nodiscard]] std::vector<KeepMask> nonzeros(const Subject& subject) const;

  [[nodiscard]] bool structured() const { return pattern.kind == Pattern::Kind::structures; }
  // What stays when `share` (0 to 1) of the way to the pattern's or `sparsity`'s end is gone.
  [[nodiscard]] std::vector<KeepMask> masks(const Network& network, std::span<const Weight> weights,
                                            double sparsity, double share, Log& log) const;
  // Zeros what the masks do not keep; structures are then cut out of the network.
  [[nodiscard]] Subject finish(Subject subject, const std::vector<KeepMask>& masks) const;

 private:
  [[nodiscard]] std::vector<Scores> scores(const Network& network,
                                           std::span<const Weight> weights) const;
  [[nodiscard]] std::vector<Kept> choose(const Network& network, std::span<const Weight> weights,
                                         const std::vector<StructureGroup>& groups, double sparsity,
                                         Log& log) const;
  [[nodiscard]] Subject group_by_group(
      const Subject& start, double sparsity, const CalibrationRows& calibration, ThreadPool& pool,
      Log& log, const std::function<void(std::size_t, std::size_t)>& progress) const;
  [[nodiscard]] static Subject cut(Subject subject, const std::vector<StructureGroup>& groups,
                                   const std::vector<Kept>& kept);
};

}  // namespace mx::prune
