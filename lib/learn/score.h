// SPDX-License-Identifier: Apache-2.0
// How good the weights are now: the loss that steers training, on rows it does not see.
#pragma once

#include <cstdint>
#include <optional>

#include "data/dataset.h"
#include "learn/batch.h"
#include "model/executor.h"

namespace mx {

struct Score {
  double loss = 0;                 // as task_loss
  std::optional<double> accuracy;  // classify; lm, mlm: of tokens
};
[[nodiscard]] Score score(const Executor& executor, Task task, const Dataset& data);

// [rows, outputs] of all rows of x: [rows, inputs], in evaluation mode without gradients.
[[nodiscard]] at::Tensor all_logits(const Executor& executor, std::span<const float> x,
                                    std::size_t rows);

}  // namespace mx
