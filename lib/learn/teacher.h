// SPDX-License-Identifier: Apache-2.0
// Teachers in evaluation mode: what they say of a batch, without gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "data/dataset.h"
#include "learn/batch.h"
#include "learn/train.h"
#include "model/executor.h"

namespace mx {

class Teacher {
 public:
  // Throws Kind::usage when a teacher's inputs or outputs are not `network`'s.
  Teacher(const Teaching& teaching, const Network& network, Task task);
  // Asks for all rows at once, when every row will be wanted as it is (no augmentation, no text).
  void prepare(const Dataset& data);
  // The target of soft_loss for `batch`, which holds `rows` of the data.
  [[nodiscard]] at::Tensor target(const Batch& batch, std::span<const std::uint32_t> rows) const;
  [[nodiscard]] const DistillOptions& options() const { return options_; }

 private:
  [[nodiscard]] at::Tensor ask(const Batch& batch) const;

  DistillOptions options_;
  Task task_;
  std::vector<std::unique_ptr<Executor>> teachers_;
  at::Tensor all_;  // [rows, outputs], when prepared
};

}  // namespace mx
