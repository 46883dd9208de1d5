// SPDX-License-Identifier: Apache-2.0
// Teachers in evaluation mode: what they say of a batch, without gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "data/dataset.h"
#include "learn/batch.h"
#include "learn/taught_loss.h"
#include "learn/train.h"
#include "model/executor.h"

namespace mx {

// What the teachers say of one batch. Holds what they made of it; must not outlive them.
struct Lesson {
  SoftTarget target;
  std::vector<LayerState> layers = {};  // of the first teacher, where they were asked for
};

class Teacher {
 public:
  // Throws Kind::usage when a teacher's inputs or outputs are not `network`'s; language models may
  // differ in how many outputs they have: then only the first ones of all are compared.
  Teacher(const Teaching& teaching, const Network& network, Task task);
  // Asks for all rows at once, when every row will be wanted as it is (no augmentation, no text).
  void prepare(const Dataset& data);
  // Of `batch`, which holds `rows` of the data, and of the `wanted` tokens alone where these are
  // defined (ForwardPass::wanted).
  [[nodiscard]] Lesson lesson(const Batch& batch, std::span<const std::uint32_t> rows,
                              const at::Tensor& wanted, bool layers) const;
  [[nodiscard]] const DistillOptions& options() const { return options_; }

 private:
  [[nodiscard]] at::Tensor target_of(std::vector<at::Tensor> logits) const;

  DistillOptions options_;
  Task task_;
  std::vector<std::unique_ptr<Executor>> teachers_;
  std::vector<double> shares_;
  std::int64_t common_ = 0;  // outputs that all have
  at::Tensor all_;           // [rows, outputs], when prepared
};

}  // namespace mx
