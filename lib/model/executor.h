// SPDX-License-Identifier: Apache-2.0
// The block list as LibTorch functions with autograd: what trains. All trained numbers lie in one
// buffer, and so do their gradients, so that an optimizer's step, clipping and masking are single
// calls whatever the network. Each block type is one function in executor.cpp.
// The engine (engine/) runs the same list without LibTorch; a test holds both to the same numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "net/network.h"
#include "tensor/tensor.h"

namespace mx {

// A prunable block as it was run: what came in and what it gave, [rows, ...].
struct Tap {
  const Block* block;
  std::string weight;  // the tensor's name
  at::Tensor input, output;
};

struct Pass {
  bool training = false;             // dropout drops, batch normalization uses the batch
  Random* random = nullptr;          // dropout's, needed while training
  std::vector<Tap>* taps = nullptr;  // filled when given
};

class Executor {
 public:
  // Quantized weights and those of other types are converted to fp32. Throws Kind::input unless
  // `weights` are the network's (check_tensors). `trains`: gradients are kept.
  Executor(const Network& network, std::span<const Weight> weights, bool trains);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // x: [rows, numbers of one input row] -> [rows, outputs]
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const Pass& pass) const;

  struct Place {  // where a tensor's numbers lie
    TensorSpec spec;
    std::int64_t begin = 0, count = 0;  // in `trained`, or in `statistics`
  };
  [[nodiscard]] const std::vector<Place>& places() const { return places_; }
  // Every tensor begins at a multiple of 64 bytes; the numbers between tensors are zero.
  [[nodiscard]] at::Tensor& trained() { return trained_; }
  [[nodiscard]] at::Tensor& gradient() { return gradient_; }
  [[nodiscard]] at::Tensor& statistics() { return statistics_; }

  // The tensors, cut out of a buffer laid out like `trained` (and the statistics given with it).
  [[nodiscard]] std::vector<Weight> weights(const at::Tensor& trained,
                                            const at::Tensor& statistics) const;
  [[nodiscard]] std::vector<Weight> weights() const { return weights(trained_, statistics_); }

 private:
  using Step = std::function<at::Tensor(const at::Tensor&, const Pass&)>;

  Network network_;
  std::vector<std::int64_t> input_;  // one row's shape
  std::vector<Place> places_;
  at::Tensor trained_, gradient_, statistics_;
  std::vector<Step> steps_;
};

}  // namespace mx
