// SPDX-License-Identifier: Apache-2.0
// Structures removed layer by layer, so that the maps that read them lose least of their outputs on
// calibration rows, and the numbers that stay make good what they can.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/threads.h"
#include "net/network.h"
#include "shrink/layerwise.h"
#include "shrink/moments.h"
#include "shrink/solver.h"
#include "shrink/structure.h"
#include "tensor/tensor.h"

namespace mx {

// Which structures lie in which columns of a weight seen as [rows, columns].
struct ColumnSets {
  std::vector<std::vector<std::size_t>> columns;  // of each structure
};
[[nodiscard]] ColumnSets columns_of(const AxisUse& use, std::size_t structures,
                                    const Tensor& weight);

struct StructuredMap {
  Tensor weight;  // zero where structures went
  Kept kept;
  double error = 0;  // of what its outputs were to be, share_lost()
};
// Removes `remove` structures, one after the other, each the one whose loss is least when all other
// columns are free to make it good, and lets them: the structured form of the optimal brain surgeon
// (Kurtic et al. 2023, ZipLM, eq. 2 and 3). target: the weight that is wanted, [rows, ...] f32.
[[nodiscard]] StructuredMap structured_obs(const Tensor& target, const Hessian& hessian,
                                           const ColumnSets& sets, std::size_t remove,
                                           ThreadPool& pool);

struct PrunedGroup {
  std::string name, map;  // and the weight that reads it
  double share = 0;       // of its structures that went
  double error = 0;
};
// As many off each group as `kept` says (and with obs which of them is chosen anew), in the order
// of the network, each on what the maps before it give by then; with obs, towards what the network
// of the beginning gives; else the structures of the smallest sums of wanda_scores() go. `weights`
// become those of the network with what went masked, `kept` what may be cut. progress(done, all)
// after each.
[[nodiscard]] std::vector<PrunedGroup> prune_structures(
    const Network& network, std::vector<Weight>& weights, const std::vector<StructureGroup>& groups,
    const LayerwiseOptions& options, const CalibrationRows& rows, ThreadPool& pool,
    std::vector<Kept>& kept, const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace mx
