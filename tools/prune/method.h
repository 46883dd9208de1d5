// SPDX-License-Identifier: Apache-2.0
// One way of pruning: scores by the criterion, masks by the pattern, and at the end zeros or a
// smaller network.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/threads.h"
#include "data/dataset.h"
#include "prune/importance.h"
#include "prune/maps.h"
#include "prune/options.h"
#include "shrink/layerwise.h"
#include "shrink/structure.h"

namespace mx::prune {

// A network and its weights, as pruning passes them on.
struct Subject {
  Network network;
  std::vector<Weight> weights;
  double sparsity = 0;  // the share of prunable numbers or structures that went
  std::map<std::string, double> errors = {};  // of each map's outputs, where they were measured
};

struct Interrupted {
  int signal;
};

// Of all that the masks tell.
[[nodiscard]] double share_removed(const std::vector<KeepMask>& masks);

struct Method {
  PruneOptions options;
  Pattern pattern;
  const Schema* schema = nullptr;
  const Dataset* rows = nullptr;  // of all criteria but magnitude
  std::size_t threads = 1;
  std::uint64_t max_memory = 0;  // 0: no limit
  // Of gradient and likelihood, where one network is pruned more than once or a file is named.
  KnownImportance* known = nullptr;

  // Of wanda and sparsegpt: pruned one map after the other. What is in `maps` is taken from there,
  // what is pruned goes there; throws Interrupted behind a map when a signal was caught.
  [[nodiscard]] Subject layer_by_layer(Subject subject, double sparsity, PrunedMaps& maps,
                                       ThreadPool& pool, Log& log) const;
  // The same for structures; nothing is kept of a run that is stopped.
  [[nodiscard]] Subject group_by_group(Subject subject, double sparsity, ThreadPool& pool,
                                       Log& log) const;
  // What that takes beside the weights.
  [[nodiscard]] StreamMemory memory(const Network& network) const;
  // Single weights by magnitude, at once.
  [[nodiscard]] bool in_place() const {
    return options.criterion == Criterion::magnitude && pattern.kind == Pattern::Kind::free;
  }
  [[nodiscard]] Subject prune_in_place(Subject subject, double sparsity, ThreadPool& pool) const;
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
  [[nodiscard]] static Subject cut(Subject subject, const std::vector<StructureGroup>& groups,
                                   const std::vector<Kept>& kept);
  [[nodiscard]] LayerwiseOptions layerwise() const;
  [[nodiscard]] std::size_t most_rows(const Network& network) const;
  // The prunable weights that take part.
  [[nodiscard]] std::set<std::string> names(const Network& network) const;
};

}  // namespace mx::prune
