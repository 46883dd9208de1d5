// SPDX-License-Identifier: Apache-2.0
// How LibTorch runs each type of block: a step is a function of what comes in. Blocks on rows are
// in row_steps.cpp, those on tokens in token_steps.cpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "model/executor.h"
#include "net/network.h"

namespace mx {

// One forward pass: what it was told, and what follows from its tokens.
struct Flow {
  const ForwardPass& pass;
  at::Tensor ids = {};          // [rows, time], of networks on tokens
  bool padded = false;          // some ids are below 0
  LayerState* layer = nullptr;  // of the step that runs, where layers are wanted
  std::array<at::Tensor, 2> masks = {};

  // [rows or 1, 1, time, time], true where the token of a line may see that of a column. Undefined:
  // all see all or, if causal, themselves and what stands before. Every token sees itself, so that
  // padding, which no one sees, has finite numbers too.
  [[nodiscard]] const at::Tensor& mask(bool causal);
};

// A network's tensors by name, and those of a low-rank adapter, beside which all others are frozen.
class Tensors {
 public:
  void add(const TensorSpec& spec, at::Tensor tensor) {
    if (spec.prunable) prunable_.insert(spec.name);
    map_.emplace(spec.name, std::move(tensor));
  }
  [[nodiscard]] const at::Tensor& at(const std::string& name) const { return map_.at(name); }
  [[nodiscard]] bool prunable(const std::string& name) const { return prunable_.contains(name); }

  // The factors of a map's adapter; undefined: it has none.
  struct Factors {
    at::Tensor a, b;
    double scale = 0, dropout = 0;
  };
  void freeze(double scale, double dropout) {
    frozen_ = true;
    scale_ = scale;
    dropout_ = dropout;
  }
  [[nodiscard]] bool frozen() const { return frozen_; }
  [[nodiscard]] Factors factors(const std::string& name) const;

 private:
  std::map<std::string, at::Tensor> map_;
  std::set<std::string> prunable_;
  bool frozen_ = false;
  double scale_ = 0, dropout_ = 0;
};

// y = x weight^T + bias, with an adapter + scale (x a^T) b^T; tapped when the weight is the block's
// own and may be pruned.
class LinearMap {
 public:
  // An empty `bias`: none.
  LinearMap(const Block& block, std::string weight, const std::string& bias,
            const Tensors& tensors);
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x, Flow& flow) const;

 private:
  const Block* block_;
  std::string name_;
  at::Tensor weight_, bias_;
  Tensors::Factors low_rank_;
  bool tapped_;
};

[[nodiscard]] at::Tensor activated(Act kind, const at::Tensor& x);
// Inverted dropout: x times 0 or 1 / (1 - rate). Which numbers go is drawn from the pass's own
// random numbers; x itself when not training.
[[nodiscard]] at::Tensor dropped(const at::Tensor& x, double rate, const ForwardPass& pass);

// The block must outlive its step. Null: it changes nothing.
[[nodiscard]] Step make_step(const Block& block, const Tensors& tensors);

[[nodiscard]] Step step_of(const InputBlock& input, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const Linear& linear, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const Conv2d& conv, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const Pool2d& pool, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const Activation& act, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const BatchNorm& norm, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const LayerNorm& norm, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const RmsNorm& norm, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const Embedding& table, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const Attention& attention, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const FeedForward& map, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const TokenPool& pool, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const Residual& residual, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const Flatten& flatten, const Block& block, const Tensors& tensors);
[[nodiscard]] Step step_of(const Dropout& dropout, const Block& block, const Tensors& tensors);

}  // namespace mx
