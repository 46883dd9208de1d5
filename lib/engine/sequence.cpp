// SPDX-License-Identifier: Apache-2.0
#include "engine/sequence.h"

#include "base/error.h"
#include "engine/tokens.h"

namespace mx {

struct Sequence::State {
  const Engine& engine;
  const engine::TokenNetwork& network;
  engine::Cache cache;
  std::size_t length = 0;
};

Sequence::Sequence(const Engine& engine) {
  const engine::TokenNetwork* const network = engine.token_network();
  if (network == nullptr) fail(Kind::input, "the network takes no tokens");
  state_ = std::make_unique<State>(State{engine, *network, {}});
}
Sequence::~Sequence() = default;
Sequence::Sequence(Sequence&&) noexcept = default;

std::size_t Sequence::length() const { return state_->length; }
std::size_t Sequence::context() const { return state_->network.context(); }

void Sequence::feed(std::span<const TokenId> ids, std::span<float> out) {
  if (state_->network.sees_ahead() && state_->length > 0) {
    fail(Kind::failed, "the network sees ahead: all tokens come in one call");
  }
  const std::size_t all = std::min(state_->length + ids.size(), context());
  state_->engine.check({.tokens = all,
                        .past = std::min(state_->length, all),
                        .last = out.size() == state_->network.outputs(),
                        .given = true});
  state_->network.run(ids, state_->length, state_->cache, out, &state_->engine.pool());
  state_->length += ids.size();
}

void Sequence::truncate(std::size_t length) { state_->length = std::min(state_->length, length); }

}  // namespace mx
