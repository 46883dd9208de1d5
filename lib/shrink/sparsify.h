// SPDX-License-Identifier: Apache-2.0
// Removing the weights of a linear map that its outputs on calibration rows miss the least. Pure
// functions of their arguments; a convolution is a linear map on its windows. Every choice is made
// the same way for any number of threads.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/threads.h"
#include "shrink/moments.h"
#include "shrink/solver.h"
#include "tensor/tensor.h"

namespace mx {

// Which numbers of a map go: a share of all, or all but n of every m neighbours in a row.
struct Removal {
  double share = 0;
  std::size_t n = 0, m = 0;  // m = 0: by share
};

// Wanda (Sun et al. 2024, eq. 1): of each row, the smallest |w| times the root mean square of its
// input. weight: [rows, ...] f32. The rest stays as it is.
[[nodiscard]] Tensor wanda(const Tensor& weight, const Moments& moments, const Removal& removal);

// SparseGPT (Frantar and Alistarh 2023, algorithm 1) in blocks of 128 columns: what goes is chosen
// among all rows of a block by w^2 over the squared diagonal of the inverse moments' factor, and
// made good by the columns behind it. Columns whose input is always zero go. hessian: in the order
// of the columns.
[[nodiscard]] Tensor sparsegpt(const Tensor& weight, const Hessian& hessian, const Moments& moments,
                               const Removal& removal, ThreadPool& pool);

// Goes on from any choice, towards the numbers `target` that the reference's outputs ask for
// (Hessian::target): ADMM whose choice tightens over `rounds` (Boza 2024, with its scaling), then
// conjugate gradients over what stays. The better of that and of `start` with its own choice.
[[nodiscard]] Tensor refine(const Tensor& start, const Tensor& target, const Hessian& hessian,
                            const Removal& removal, int rounds, ThreadPool& pool);

struct LayerwiseOptions {
  bool obs = true;  // SparseGPT, else Wanda
  double damping = 0.01;
  int refine = 0;  // rounds of refine() after SparseGPT; 0: the published method alone
};
struct PrunedLayer {
  std::string name;
  double share = 0;    // of its numbers that are zero now
  double error = 0;    // of what its outputs were to be, share_lost()
  double damping = 0;  // what the solver needed
};
// Prunes every map for which `removal_of` has an answer, in the order of the network, each on what
// the maps before it, pruned already, give it; with refine, towards what the network of the
// beginning gives. progress(done, all) after each.
[[nodiscard]] std::vector<PrunedLayer> prune_layers(
    const Network& network, std::vector<Weight>& weights,
    const std::function<std::optional<Removal>(const std::string&)>& removal_of,
    const LayerwiseOptions& options, const CalibrationRows& rows, ThreadPool& pool,
    const std::function<void(std::size_t, std::size_t)>& progress);

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

// sum over rows of (target - weight)^T H (target - weight), as a share of target^T H target.
[[nodiscard]] double share_lost(const Tensor& weight, const Tensor& target, const Hessian& hessian,
                                ThreadPool& pool);

}  // namespace mx
