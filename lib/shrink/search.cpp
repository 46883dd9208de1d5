// SPDX-License-Identifier: Apache-2.0
#include "shrink/search.h"

#include <algorithm>
#include <cmath>

namespace mx {

std::uint32_t last_within(std::uint32_t count, std::uint32_t guess,
                          const std::function<bool(std::uint32_t)>& within) {
  std::uint32_t low = 0, high = count + 1;  // known, or assumed at both ends
  const bool around = guess != 0;
  std::uint32_t at = around ? std::min(guess, count) : (count + 1) / 2;
  for (std::uint32_t step = 1; high - low > 1; step *= 2) {
    if (within(at)) {
      low = at;
    } else {
      high = at;
    }
    // Steps away from the guess, ever longer, until both sides are known; then halves.
    if (around && low == 0) {
      at = high > step ? high - step : high / 2;
    } else if (around && high == count + 1) {
      at = step < high - low ? low + step : low + (high - low) / 2;
    } else {
      at = low + (high - low) / 2;
    }
    at = std::clamp(at, low + 1, std::max(low + 1, high - 1));
  }
  return low;
}

SparsitySearch find_sparsity(double limit, std::uint32_t parts,
                             const std::function<double(double)>& loss_at) {
  SparsitySearch search;
  (void)last_within(parts, 0, [&](std::uint32_t at) {
    Trial trial{static_cast<double>(at) / static_cast<double>(parts), 0};
    trial.loss = loss_at(trial.sparsity);
    search.tried.push_back(trial);
    const bool within = std::isfinite(trial.loss) && trial.loss <= limit;
    if (within) search.best = trial;
    return within;
  });
  return search;
}

double loss_limit(double loss, double increase, bool relative) {
  return relative ? loss * (1 + increase) : loss + increase;
}

}  // namespace mx
