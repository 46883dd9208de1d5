// SPDX-License-Identifier: Apache-2.0
// The block list as LibTorch functions with autograd: what trains. All trained numbers lie in one
// buffer, and so do their gradients, so that an optimizer's step, clipping and masking are single
// calls whatever the network. Each block type is one function in row_steps.cpp or token_steps.cpp.
// The engine (engine/) runs the same list without LibTorch; a test holds both to the same numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/low_rank.h"
#include "net/network.h"
#include "tensor/tensor.h"

namespace mx {

// A prunable map as it was run: what came in and what it gave, [rows, ...].
struct Tap {
  const Block* block;
  std::string weight;  // the tensor's name
  at::Tensor input, output;
};

// What one of a network's layers (net/layers.h) did.
struct LayerState {
  at::Tensor hidden;  // what it gives, [rows, time, dim] or [rows, ...]
  // Of its attention, if it has one: [rows, heads, time, head_dim] as they are compared (rotated);
  // keys and values have heads of their own where queries share them.
  at::Tensor query, key, value;
  // [rows or 1, 1, time, time], true where the token of a line sees that of a column; undefined:
  // everywhere.
  at::Tensor sees;
};

struct ForwardPass {
  bool training = false;             // dropout drops, batch normalization uses the batch
  Random* random = nullptr;          // dropout's, needed while training
  std::vector<Tap>* taps = nullptr;  // filled when given
  // [rows, time], int64, of networks on tokens: where given, attention stays among the tokens of
  // one document. Positions are those in the row all the same.
  at::Tensor documents = {};
  // Numbers of tokens, row by row, int64: what stands behind the last residual block is computed
  // for these alone, as one row. Of networks on tokens that are not pooled.
  at::Tensor wanted = {};
  // Stops before the last linear map: what it gives is computed by head(). Of networks that end
  // otherwise nothing is left out.
  bool headless = false;
  std::vector<LayerState>* layers = nullptr;  // filled when given, one for each layer
  bool bf16 = false;                          // matrix products in bf16 (model/precision.h)
  bool recompute = false;  // activation checkpointing (model/recompute.h), of networks on tokens
};

struct Flow;    // steps.h
class Tensors;  // steps.h
using Step = std::function<at::Tensor(const at::Tensor& x, Flow& flow)>;

class Executor {
 public:
  // Quantized weights and those of other types are converted to fp32. Throws Kind::input unless
  // `weights` are the network's (check_tensors). `trains`: gradients are kept.
  Executor(const Network& network, std::span<const Weight> weights, bool trains);
  // The same with `adapter` in it (initialize() in model/low_rank.h, or trained further), which
  // alone trains: `trained` and what follows hold its tensors and no statistics. The base's weights
  // are read where they lie, so `base` must outlive the executor; batch normalization keeps to its
  // running statistics.
  Executor(const Network& network, std::span<const Weight> base, const LowRank& low_rank,
           std::span<const Weight> adapter);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // x: [rows, numbers of one input row] -> [rows, outputs]. Networks on tokens: ids [rows, time],
  // time at most the context, int64 (or floats that hold whole numbers); below 0: padding, only at
  // the end of a row -> [rows, time, outputs], or [rows, outputs] when pooled. What stands at
  // padding means nothing.
  // A pooled network runs no further than the longest row.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const ForwardPass& pass) const;
  // The rest of a headless pass, for as many rows at a time as is wanted: [rows, width] -> [rows,
  // outputs].
  [[nodiscard]] at::Tensor head(const at::Tensor& hidden, bool bf16) const;
  // How many rows go well together: what lies between blocks stays within some tens of MB.
  [[nodiscard]] std::size_t rows_at_once() const;

  struct Place {  // where a tensor's numbers lie
    TensorSpec spec;
    std::int64_t begin = 0, count = 0;  // in `trained`, or in `statistics`
  };
  [[nodiscard]] const std::vector<Place>& places() const { return places_; }
  // Every tensor begins at a multiple of 64 bytes; the numbers between tensors are zero. Matrices
  // (and kernels of convolutions) lie first, in `matrices` numbers, vectors behind them: weight
  // decay is for matrices.
  [[nodiscard]] std::int64_t matrices() const { return matrices_; }
  [[nodiscard]] at::Tensor& trained() { return trained_; }
  [[nodiscard]] at::Tensor& gradient() { return gradient_; }
  [[nodiscard]] at::Tensor& statistics() { return statistics_; }

  // The tensors, cut out of a buffer laid out like `trained` (and the statistics given with it).
  [[nodiscard]] std::vector<Weight> weights(const at::Tensor& trained,
                                            const at::Tensor& statistics) const;
  [[nodiscard]] std::vector<Weight> weights() const { return weights(trained_, statistics_); }

 private:
  void hold(std::vector<TensorSpec> specs, std::span<const Weight> weights, bool trains,
            Tensors& tensors);
  void make_steps(const Tensors& tensors);
  Network network_;
  bool tokens_ = false, pooled_ = false;  // takes tokens; gives one output for all of them
  std::vector<std::int64_t> input_;       // one row's shape
  std::vector<Place> places_;             // in the network's order, or the adapter's
  std::int64_t matrices_ = 0;
  at::Tensor trained_, gradient_, statistics_;
  std::vector<Step> steps_;
  std::vector<bool> residual_;      // of each step
  std::vector<std::size_t> layer_;  // of each step; kNoLayer
  std::size_t layers_ = 0;
  std::size_t head_ = 0;  // the first step behind the last residual one
  bool headed_ = false;   // the last step is a linear map of rows (or tokens)
};

}  // namespace mx
