// SPDX-License-Identifier: Apache-2.0
// The largest sparsity that costs no more loss than allowed, found by halving.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace mx {

struct Trial {
  double sparsity = 0, loss = 0;
};

struct SparsitySearch {
  std::optional<Trial> best;  // empty: no sparsity of the grid was within the limit
  std::vector<Trial> tried;   // in the order in which they were tried
};

// The largest number of 1 to `count` for which `within` holds, if it holds up to some number and
// for none behind it; 0: for none. Looks around `guess` first, unless it is 0.
[[nodiscard]] std::uint32_t last_within(std::uint32_t count, std::uint32_t guess,
                                        const std::function<bool(std::uint32_t)>& within);

// Tries sparsities on the grid 1/parts, 2/parts, ... 1, on the assumption that loss grows with
// sparsity: about log2(parts) calls of `loss_at`. A loss that is not finite is over the limit.
[[nodiscard]] SparsitySearch find_sparsity(double limit, std::uint32_t parts,
                                           const std::function<double(double)>& loss_at);

// What the loss may be: loss + increase (nats), or loss * (1 + increase) for regression.
[[nodiscard]] double loss_limit(double loss, double increase, bool relative);

}  // namespace mx
