// SPDX-License-Identifier: Apache-2.0
// Removing the weights of a linear map that its outputs on calibration rows miss the least. Pure
// functions of their arguments; a convolution is a linear map on its windows. Every choice is made
// the same way for any number of threads.
#pragma once

#include <cstddef>
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

// Of every number |w| times the root mean square of its input (Wanda, Sun et al. 2024, eq. 1).
// weight: [rows, ...] f32.
[[nodiscard]] std::vector<double> wanda_scores(const Tensor& weight, const Moments& moments);
// Wanda: of each row, the numbers of the smallest scores go. The rest stays as it is.
[[nodiscard]] Tensor wanda(const Tensor& weight, const Moments& moments, const Removal& removal,
                           ThreadPool& pool);

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

// sum over rows of (target - weight)^T H (target - weight), as a share of target^T H target.
[[nodiscard]] double share_lost(const Tensor& weight, const Tensor& target, const Hessian& hessian,
                                ThreadPool& pool);

}  // namespace mx
