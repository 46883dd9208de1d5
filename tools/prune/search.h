// SPDX-License-Identifier: Apache-2.0
// --max-loss-increase: prunes (and fine-tunes) at one sparsity after the other, resumably.
#pragma once

#include <vector>

#include "prune/recovery.h"
#include "prune/rows.h"
#include "shrink/search.h"

namespace mx::prune {

struct SearchResult {
  Recovery::Outcome outcome;
  std::vector<Trial> tried;
};

// The largest sparsity whose loss stays within `limit`. Throws Kind::answer when none does.
[[nodiscard]] SearchResult search(const Recovery& recovery, const Rows& rows, const Subject& start,
                                  double limit, ThreadPool& pool, Log& log);

// Removes the checkpoint and what the search kept beside it.
void remove_checkpoints(const std::string& checkpoint);

}  // namespace mx::prune
