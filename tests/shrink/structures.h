// SPDX-License-Identifier: Apache-2.0
// Structures cut by the sums of their scores.
#pragma once

#include "shrink/structure.h"

namespace mx {

inline Cut cut_by_scores(const Network& network, std::vector<Weight> weights,
                         const std::vector<Scores>& scores, Structure structure, double sparsity,
                         Scope scope, const std::string& keep) {
  const auto groups = find_groups(network, structure, keep);
  return cut_structures(
      network, std::move(weights), groups,
      choose_structures(groups, sum_scores(network, groups, scores), sparsity, scope));
}

}  // namespace mx
