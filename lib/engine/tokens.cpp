// SPDX-License-Identifier: Apache-2.0
#include "engine/tokens.h"

#include <algorithm>

#include "base/error.h"
#include "engine/pieces.h"

namespace mx::engine {
namespace {

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

class MapStep final : public TokenStep {
 public:
  explicit MapStep(BiasedMap map) : map_(std::move(map)) {}
  void run(Flow& flow) const override { flow.x = map_.run(flow); }

 private:
  BiasedMap map_;
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

TokenStepPointer make_map_step(const std::string& weight, const std::string& bias,
                               TokenWeights& weights) {
  return std::make_unique<MapStep>(BiasedMap(weights, weight, bias));
}

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
  TokenWeights packed(weights, kernels, observer);
  std::size_t top = 0;
  const std::vector<Piece> all_pieces = pieces(network);
  auto piece = all_pieces.begin();
  for (const Block& block : network.blocks) {
    for (; piece != all_pieces.end() && piece->top == top; ++piece) {
      if (auto step = make_token_step(*piece, packed)) steps_.push_back(std::move(step));
    }
    ++top;
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
