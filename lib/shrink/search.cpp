// SPDX-License-Identifier: Apache-2.0
#include "shrink/search.h"

#include <cmath>

namespace mx {

SparsitySearch find_sparsity(double limit, std::uint32_t parts,
                             const std::function<double(double)>& loss_at) {
  SparsitySearch search;
  std::uint32_t within = 0, over = parts + 1;  // of the grid: known, or assumed at both ends
  while (over - within > 1) {
    const std::uint32_t middle = within + (over - within) / 2;
    Trial trial{static_cast<double>(middle) / static_cast<double>(parts), 0};
    trial.loss = loss_at(trial.sparsity);
    search.tried.push_back(trial);
    if (std::isfinite(trial.loss) && trial.loss <= limit) {
      within = middle;
      search.best = trial;
    } else {
      over = middle;
    }
  }
  return search;
}

double loss_limit(double loss, double increase, bool relative) {
  return relative ? loss * (1 + increase) : loss + increase;
}

}  // namespace mx
