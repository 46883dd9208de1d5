// SPDX-License-Identifier: Apache-2.0
// A sequence of tokens run through an engine bit by bit: the keys and values of what was fed are
// kept, so that each further token costs one token's work. What comes out does not depend on how
// the tokens were divided among calls (to the last bits of sums).
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "engine/engine.h"
#include "text/tokenizer.h"

namespace mx {

class Sequence {
 public:
  // Throws Kind::input when the network takes no tokens. The engine must outlive it.
  explicit Sequence(const Engine& engine);
  ~Sequence();
  Sequence(Sequence&&) noexcept;

  [[nodiscard]] std::size_t length() const;   // tokens fed so far
  [[nodiscard]] std::size_t context() const;  // and how many there can be
  // Feeds tokens behind those that were fed. `out` holds the network's outputs behind each of them
  // ([ids.size(), outputs]) or, with one token's room, behind the last alone. A network that sees
  // ahead (bert) or pools takes its tokens in one call, a pooled one giving [outputs]. Throws
  // Kind::input for an id outside the vocabulary, more tokens than the context, or more memory than
  // the engine is allowed.
  void feed(std::span<const TokenId> ids, std::span<float> out);
  // Forgets all tokens but the first `length`.
  void truncate(std::size_t length);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mx
