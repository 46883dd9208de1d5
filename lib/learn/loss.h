// SPDX-License-Identifier: Apache-2.0
// What training makes small. All of it in fp32, from log-softmax, never from probabilities.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "data/schema.h"
#include "learn/batch.h"
#include "learn/train.h"

namespace mx {

// classify: mean over rows of the cross-entropy, in nats; lm, mlm: over the tokens that have a
// target. regress: mean squared error over rows and
// targets alike (PyTorch's default), in the schema's scaled units, so that targets of different
// size weigh alike and a loss of 1 is what predicting the mean gives under standard scaling.
[[nodiscard]] at::Tensor task_loss(Task task, const at::Tensor& logits, const Batch& batch);

// What importance is the gradient of, summed over rows. With a schema the task's loss. Without one
// nothing says which outputs are right, and what counts is how far they move: the output's
// direction (of length 1) times signs drawn anew for each row, whose squared gradient is in the
// mean the squared length of that move (as Hutchinson 1989 estimates a trace).
[[nodiscard]] at::Tensor importance_loss(const Schema* schema, const at::Tensor& outputs,
                                         const Batch& batch, Random& random);

// Classify: what the teachers say of a batch, log-probabilities at the temperature: the log of the
// mean of their softened probabilities. Regress: the mean of their outputs. `shares` of the
// teachers, which sum to 1; empty: alike.
[[nodiscard]] at::Tensor teacher_target(Task task, const std::vector<at::Tensor>& logits,
                                        double temperature, std::span<const double> shares = {});

// Mean over rows (lm, mlm: over the tokens of `batch` that have a target) of the divergence between
// teacher p and student q, both softened by T, times T^2, so that its gradient keeps its size
// whatever T (Hinton et al. 2015, section 2.1). forward-kl: KL(p|q). reverse-kl: KL(q|p). js: beta
// KL(p|m) + (1 - beta) KL(q|m), m = beta p + (1 - beta) q (Agarwal et al. 2024, eq. 1). Regress:
// the mean squared difference.
[[nodiscard]] at::Tensor soft_loss(Task task, const at::Tensor& target, const at::Tensor& logits,
                                   const Batch& batch, const DistillOptions& options);

}  // namespace mx
