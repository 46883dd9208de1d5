// SPDX-License-Identifier: Apache-2.0
// A network run on calibration rows piece by piece (engine/pieces.h), while its maps are changed on
// the way: what stands between two pieces is kept, so that every piece is run once, however many
// maps there are. In memory are the weights of one block of the network, packed, the rows' hidden
// states and the moments of one stage.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/threads.h"
#include "net/network.h"
#include "shrink/moments.h"

namespace mx {

struct StreamOptions {
  bool reference = true;      // run the reference too, and measure how far it is away
  bool squares_only = false;  // Moments::squares instead of all
  // Bytes of hidden states that may be kept inside blocks as well; with more, a block's pieces are
  // run anew for each of its stages. The results are the same.
  std::uint64_t inside = std::uint64_t{2} << 30U;
};

// What the maps of the stage are applied to; to be asked for before they are changed.
using Observe = std::function<Moments()>;
using StageVisit = std::function<void(const Stage&, const Observe&)>;

// Goes to the stages that are `wanted`, in the order of the network. What a visit changes in
// `weights` is seen behind it; `reference` may be the same weights: of each map what it was before
// its visit counts.
void visit_stages(const Network& network, const std::vector<Weight>& weights,
                  const std::vector<Weight>& reference, const CalibrationRows& rows,
                  const StreamOptions& options, const std::function<bool(const Stage&)>& wanted,
                  ThreadPool& pool, const StageVisit& visit);

// Bytes that visit_stages() takes at most beside the weights: hidden states, what is packed, and a
// stage's moments and the solver's matrices of them.
struct StreamMemory {
  std::uint64_t hidden = 0;  // between blocks
  std::uint64_t inside = 0;  // more of them inside blocks
  std::uint64_t solving = 0;
};
[[nodiscard]] StreamMemory stream_memory(const Network& network, std::size_t rows,
                                         const std::function<bool(const Stage&)>& wanted,
                                         const StreamOptions& options);

}  // namespace mx
