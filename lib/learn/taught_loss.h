// SPDX-License-Identifier: Apache-2.0
// What a taught student makes small, and its gradient in the same pass: alpha * soft_loss + (1 -
// alpha) * task_loss (loss.h), the head included, a part of the rows after the other. Neither the
// student's nor the teacher's outputs ever exist for a whole batch, nor does a softmax of either
// for more than some hundred kilobytes (as in Hsu et al. 2024, "Liger Kernel", section 3.2).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "data/schema.h"
#include "learn/train.h"
#include "model/executor.h"

namespace mx {

// What teachers say of rows [begin, begin + count) of a batch (of networks on tokens: of those
// tokens that are wanted): log-probabilities at the temperature, or numbers, [count, outputs]. Of
// fewer outputs than the student has, the soft term is about the first ones, renormalized.
using SoftTarget = std::function<at::Tensor(std::int64_t begin, std::int64_t count)>;

struct TaughtBatch {
  Task task = Task::classify;
  at::Tensor labels = {};  // [rows] classes, or [rows, outputs] numbers; not read where alpha is 1
  SoftTarget target = {};  // not asked where alpha is 0
  DistillOptions options = {};  // temperature, alpha, divergence, beta
  double scale = 1;             // of the loss and of all gradients
};

struct TaughtLoss {
  double loss = 0;
  at::Tensor gradient = {};  // of `hidden`
};

// hidden: [rows, width], what a headless pass of `student` gave. Gradients of the head's own
// weights are added to the student's. The loss is a mean over rows.
[[nodiscard]] TaughtLoss taught_loss(const Executor& student, const at::Tensor& hidden,
                                     const TaughtBatch& batch, bool bf16);

// The sum over rows of both terms; `logits`, [rows, outputs], becomes the gradient of their mean
// over `all` rows, times the scale. target: [rows, outputs or fewer].
[[nodiscard]] double taught_rows(const TaughtBatch& batch, const at::Tensor& logits,
                                 const at::Tensor& target, const at::Tensor& labels, double all);

}  // namespace mx
