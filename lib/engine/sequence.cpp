// SPDX-License-Identifier: Apache-2.0
#include "engine/sequence.h"

#include "base/error.h"
#include "engine/tokens.h"

namespace mx {

struct Sequence::State {
  const engine::TokenNetwork& network;
  ThreadPool& pool;
  engine::Cache cache;
  std::size_t length = 0;
};

Sequence::Sequence(const Engine& engine) {
  const engine::TokenNetwork* const network = engine.token_network();
  if (network == nullptr) fail(Kind::input, "the network takes no tokens");
  state_ = std::make_unique<State>(State{*network, engine.pool(), {}});
}
Sequence::~Sequence() = default;
Sequence::Sequence(Sequence&&) noexcept = default;

std::size_t Sequence::length() const { return state_->length; }
std::size_t Sequence::context() const { return state_->network.context(); }

void Sequence::feed(std::span<const TokenId> ids, std::span<float> out) {
  if (state_->network.sees_ahead() && state_->length > 0) {
    fail(Kind::failed, "the network sees ahead: all tokens come in one call");
  }
  state_->network.run(ids, state_->length, state_->cache, out, &state_->pool);
  state_->length += ids.size();
}

void Sequence::truncate(std::size_t length) { state_->length = std::min(state_->length, length); }

}  // namespace mx
