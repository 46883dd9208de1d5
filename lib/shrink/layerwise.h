// SPDX-License-Identifier: Apache-2.0
// A network's maps pruned one after the other (sparsify.h), and how much goes off each.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/threads.h"
#include "net/network.h"
#include "shrink/moments.h"
#include "shrink/sparsify.h"
#include "shrink/stream.h"
#include "tensor/tensor.h"

namespace mx {

struct LayerwiseOptions {
  bool obs = true;  // SparseGPT, else Wanda
  double damping = 0.01;
  int refine = 0;  // rounds of refine() after SparseGPT; 0: the published method alone
  std::uint64_t inside = StreamOptions{}.inside;  // bytes (stream.h)
  [[nodiscard]] StreamOptions stream() const { return {obs && refine > 0, !obs, inside}; }
};
struct PrunedLayer {
  std::string name;
  double share = 0;    // of its numbers that are zero now
  double error = 0;    // of what its outputs were to be, share_lost(); of SparseGPT
  double damping = 0;  // what the solver needed
};
// What others do on the way; all may be empty.
struct LayerHooks {
  std::function<void(std::size_t, std::size_t)> progress = {};  // done, all; after each map
  // What a map became in a run before this one, or null.
  std::function<const Tensor*(const std::string&)> known = {};
  std::function<void(const Stage&)> pruned = {};  // behind each stage; may throw to end it there
};
// Prunes every map for which `removal_of` has an answer, in the order of the network, each on what
// the maps before it, pruned already, give it; with refine, towards what the network of the
// beginning gives.
[[nodiscard]] std::vector<PrunedLayer> prune_layers(
    const Network& network, std::vector<Weight>& weights,
    const std::function<std::optional<Removal>(const std::string&)>& removal_of,
    const LayerwiseOptions& options, const CalibrationRows& rows, ThreadPool& pool,
    const LayerHooks& hooks = {});

// Outlier weighed layer-wise sparsity (OWL, Yin et al. 2024, section 3.2): the share to remove of
// each map, around `share` and on average it, less where more of |w| * input norm is over
// `multiple` times its mean. Maps of one block of the network get one share.
struct OutlierOptions {
  double multiple = 5, spread = 0.08;  // M and lambda
};
[[nodiscard]] std::map<std::string, double> outlier_shares(
    const Network& network, const std::vector<Weight>& weights,
    const std::function<bool(const std::string&)>& takes_part, double share,
    const OutlierOptions& options, const CalibrationRows& rows, ThreadPool& pool);

}  // namespace mx
