// SPDX-License-Identifier: Apache-2.0
#include "engine/tokens.h"

#include <algorithm>

#include "base/error.h"

namespace mx::engine {
namespace {

using StepList = std::vector<TokenStepPointer>;

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

class LinearStep final : public TokenStep {
 public:
  explicit LinearStep(BiasedMap map) : map_(std::move(map)) {}
  void run(Flow& flow) const override { flow.x = map_.run(flow); }

 private:
  BiasedMap map_;
};

// A block that works on each token by itself, in place.
class RowStep final : public TokenStep {
 public:
  explicit RowStep(StepPointer step) : step_(std::move(step)) {}
  void run(Flow& flow) const override { step_->run(flow.x.data(), nullptr, flow.rows, nullptr); }

 private:
  StepPointer step_;
};

class ResidualStep final : public TokenStep {
 public:
  explicit ResidualStep(StepList steps) : steps_(std::move(steps)) {}
  void run(Flow& flow) const override {
    const std::vector<float> before = flow.x;
    for (const auto& step : steps_) step->run(flow);
    for (std::size_t i = 0; i < before.size(); ++i) flow.x[i] = before[i] + flow.x[i];
  }

 private:
  StepList steps_;
};

// Makes steps of blocks; the width of a token is followed along.
class Builder {
 public:
  Builder(std::span<const Weight> weights, const Kernels& kernels, MapObserver* observer)
      : weights_(weights, kernels, observer) {}

  StepList build(const std::vector<Block>& blocks) {
    StepList steps;
    for (const Block& block : blocks) {
      if (auto step = std::visit([this](const auto& one) { return make(one); }, block.any)) {
        steps.push_back(std::move(step));
      }
    }
    return steps;
  }

 private:
  using Pointer = TokenStepPointer;
  Pointer make(const InputBlock& /*block*/) { return nullptr; }
  Pointer make(const Dropout& /*block*/) { return nullptr; }
  Pointer make(const Embedding& block) {
    width_ = block.dim;
    return make_token_step(block, weights_);
  }
  Pointer make(const Linear& block) {
    width_ = block.out;
    return std::make_unique<LinearStep>(
        BiasedMap(weights_, block.tied.empty() ? block.name + ".weight" : block.tied,
                  block.bias ? block.name + ".bias" : ""));
  }
  Pointer make(const Attention& block) { return make_token_step(block, weights_); }
  Pointer make(const FeedForward& block) { return make_token_step(block, weights_); }
  Pointer make(const TokenPool& block) { return make_token_step(block, weights_); }
  Pointer make(const Residual& block) {
    return std::make_unique<ResidualStep>(build(block.blocks));
  }
  Pointer make(const LayerNorm& block) { return row(block); }
  Pointer make(const RmsNorm& block) { return row(block); }
  Pointer make(const Activation& block) { return row(block); }
  template <class T>
  Pointer make(const T& block) {
    fail(Kind::input, "the block type '{}' cannot follow tokens", type_of({block}));
  }
  template <class T>
  Pointer row(const T& block) {
    StepPointer step = make_step(block, weights_.rows_of(width_));
    return step ? std::make_unique<RowStep>(std::move(step)) : nullptr;
  }

  TokenWeights weights_;
  std::int64_t width_ = 0;
};

// How many blocks there are up to the last one in which tokens meet, and what attention there is.
struct Mixing {
  std::size_t attentions = 0;
  bool ahead = false;
};
Mixing mixing(const std::vector<Block>& blocks) {
  Mixing out;
  for (const Block& block : blocks) {
    if (const auto* attention = std::get_if<Attention>(&block.any)) {
      ++out.attentions;
      out.ahead = out.ahead || !attention->causal;
    }
    if (const auto* residual = std::get_if<Residual>(&block.any)) {
      const Mixing inside = mixing(residual->blocks);
      out.attentions += inside.attentions;
      out.ahead = out.ahead || inside.ahead;
    }
  }
  return out;
}

}  // namespace

TokenNetwork::TokenNetwork(const Network& network, std::span<const Weight> weights,
                           const Kernels& kernels, MapObserver* observer)
    : kernels_(kernels),
      context_(size(context_of(network))),
      vocabulary_(size(vocabulary_of(network))),
      outputs_(size(output_shape(network).back())),
      pooled_(output_shape(network).size() == 1) {
  const Mixing all = mixing(network.blocks);
  attentions_ = all.attentions;
  sees_ahead_ = all.ahead || pooled_;
  Builder builder(weights, kernels, observer);
  for (const Block& block : network.blocks) {
    for (auto& step : builder.build({block})) steps_.push_back(std::move(step));
    const bool first = std::holds_alternative<Embedding>(block.any);
    if (first || std::holds_alternative<TokenPool>(block.any) || mixing({block}).attentions > 0) {
      mixed_ = steps_.size();
    }
  }
}
TokenNetwork::~TokenNetwork() = default;

void TokenNetwork::run(std::span<const TokenId> ids, std::size_t past, Cache& cache,
                       std::span<float> out, ThreadPool* pool) const {
  if (ids.empty()) fail(Kind::failed, "there are no tokens to run");
  if (ids.size() > context_ - std::min(past, context_)) {
    fail(Kind::input, "{} tokens are more than the context of {}", past + ids.size(), context_);
  }
  for (const TokenId id : ids) {
    if (id >= vocabulary_) {
      fail(Kind::input, "the token {} is outside the vocabulary of {}", id, vocabulary_);
    }
  }
  const std::size_t wanted = pooled_ ? 1 : out.size() / outputs_;
  if (out.size() != wanted * outputs_ || (wanted != 1 && wanted != ids.size())) {
    fail(Kind::failed, "outputs of {} tokens do not fit into {} numbers", ids.size(), out.size());
  }
  cache.resize(attentions_);
  Flow flow{.kernels = kernels_, .ids = ids, .past = past, .cache = cache};
  flow.pool = pool;
  flow.rows = ids.size();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (i == mixed_ && wanted < flow.rows) {  // the last token alone is asked for
      const std::size_t width = flow.x.size() / flow.rows;
      flow.x.erase(flow.x.begin(), flow.x.end() - static_cast<std::ptrdiff_t>(width));
      flow.rows = 1;
    }
    steps_[i]->run(flow);
  }
  std::ranges::copy(std::span(flow.x).last(out.size()), out.begin());
}

}  // namespace mx::engine
