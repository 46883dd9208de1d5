// SPDX-License-Identifier: Apache-2.0
// What training from a cache makes small. A teacher p is known by its `top` likeliest classes and
// the mass of all others, which are taken as one class on both sides: the divergence of the coarser
// distributions (p_1 .. p_top, tail p) and (q_1 .. q_top, tail q), both at the temperature. It is
// at most that of p and q: joining classes lowers every f-divergence (data processing; for KL the
// log-sum inequality), and by exactly what p and q differ within the tail, weighed with it. Its
// gradient moves the student's tail as a whole. (Leaving the tail out instead and scaling the rest
// up to 1 teaches too much certainty: Anshumann et al. 2025, "Sparse Logit Sampling".)
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/output_cache.h"
#include "learn/batch.h"
#include "learn/train.h"

namespace mx {

struct CachedTarget {
  at::Tensor ids;       // [positions, top], int32
  at::Tensor log_p, p;  // [positions, top] or, where classes are left out, [positions, top + 1]
};
// Of these rows of an epoch, softened by T: p_i^(1/T) over their sum, the tail's by log_tail().
[[nodiscard]] CachedTarget cached_target(const OutputCache& cache, std::uint64_t epoch,
                                         std::span<const std::uint32_t> rows, double temperature);

// What each kept layer gives for these rows of an epoch: [rows, time, width], zeros where `real`
// [rows, time] is false; of networks that are not on tokens (real undefined) [rows, width]. Throws
// Kind::input when the cache has other tokens.
[[nodiscard]] std::vector<at::Tensor> cached_hidden(const OutputCache& cache, std::uint64_t epoch,
                                                    std::span<const std::uint32_t> rows,
                                                    const at::Tensor& real);

// (1 - alpha) * task_loss + alpha * soft_loss between target and logits, and the gradient of that.
// logits: [positions, classes]; classes: the right ones. Softmax is computed once where T = 1, and
// nothing else is as large as the logits, so that a step takes as long as one without a teacher.
// Throws Kind::input when the cache has other positions than the batch.
struct LossAndGradient {
  double loss = 0;
  at::Tensor gradient;  // as logits
};
[[nodiscard]] LossAndGradient cached_loss(const CachedTarget& target, const at::Tensor& logits,
                                          const at::Tensor& classes, const DistillOptions& options);

}  // namespace mx
