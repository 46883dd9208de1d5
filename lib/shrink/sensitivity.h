// SPDX-License-Identifier: Apache-2.0
// How much may go off each block of a network, by what it costs: the loss is measured with one
// block pruned at a few shares and all others as they are, and the shares are chosen along the
// lower convex hulls of those losses, the cheapest steps first (allocate.h).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "shrink/layerwise.h"

namespace mx {

struct SensitivityOptions {
  // Tried beside the share that is wanted on average: so much below and above it.
  std::vector<double> around = {-0.45, -0.3, -0.2, -0.1, 0, 0.07, 0.14, 0.2};
  double most = 0.95;
};
// The share to remove of each map; weighed by their numbers they are `share` on average. Maps of
// one attention or feed-forward block get one share. loss: of the network with these weights on
// rows that may be the calibration's.
[[nodiscard]] std::map<std::string, double> sensitive_shares(
    const Network& network, const std::vector<Weight>& weights,
    const std::function<bool(const std::string&)>& takes_part, double share,
    const LayerwiseOptions& pruning, const SensitivityOptions& options, const CalibrationRows& rows,
    const std::function<double(const std::vector<Weight>&)>& loss, ThreadPool& pool,
    const std::function<void(std::size_t, std::size_t)>& progress);

// What a block costs at so many numbers removed, and the shares that cost least together. Exact:
// one block may stop between two of its shares.
struct BlockLosses {
  std::uint64_t numbers = 0;
  std::map<double, double> loss;  // by share; 0 is among them
};
[[nodiscard]] std::vector<double> cheapest_shares(const std::vector<BlockLosses>& blocks,
                                                  double share);

}  // namespace mx
