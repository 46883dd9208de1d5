// SPDX-License-Identifier: Apache-2.0
// Optimizers as LibTorch's fused kernels: one call over the one buffer that holds every trained
// number, instead of a loop over tensors (two, where weight decay is for a part of them).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "learn/options.h"

namespace mx {

class Updater {
 public:
  // Both buffers are kept and changed in place. Weight decay is for the first `matrices` numbers:
  // it is of no use to biases and harms the scales of normalizations.
  Updater(const TrainOptions& options, const at::Tensor& numbers, const at::Tensor& gradient,
          std::int64_t matrices);

  // One step at this learning rate, after scaling the gradient down to the norm `clip`. `step`
  // counts from 0 (Adam's bias correction). Adam: Kingma and Ba 2015, betas 0.9 and 0.999, eps
  // 1e-8. AdamW: Loshchilov and Hutter 2019. sgd: heavy-ball momentum as PyTorch has it.
  void step(double lr, std::uint64_t step);

  struct State {       // a buffer laid out like the numbers
    std::string name;  // "adam.m", "adam.v", "sgd.momentum"
    at::Tensor buffer;
  };
  [[nodiscard]] const std::vector<State>& state() const { return state_; }

 private:
  void update(double lr, std::int64_t begin, std::int64_t end, double weight_decay,
              const std::optional<at::Tensor>& divisor);

  TrainOptions options_;
  at::Tensor numbers_, gradient_, steps_;
  std::int64_t matrices_;
  std::vector<State> state_;
};

}  // namespace mx
