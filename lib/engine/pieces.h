// SPDX-License-Identifier: Apache-2.0
// A network as a flat list of what is done one after the other: a block, or of attention and
// feed-forward blocks what is in front of their last map and that map; around the blocks of a
// residual one, keeping its input and adding it. Whoever changes maps on the way (shrink/stream.h)
// runs each piece by itself, with the maps it has just then.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/token_step.h"
#include "net/network.h"

namespace mx::engine {

struct Piece {
  enum class Kind { block, inner, last, keep, add } kind = Kind::block;
  const Block* block = nullptr;  // in the network, which must stay
  Shape in, out;                 // of one row of the block
  std::size_t top = 0;           // number of the network's block it is in
  // Weights of the linear maps and convolutions that are applied to what the piece is given. A tied
  // map is none.
  std::vector<std::string> maps = {};
  std::size_t width = 0;  // numbers that such a map takes
};
[[nodiscard]] std::vector<Piece> pieces(const Network& network);

// Null for what changes nothing.
[[nodiscard]] TokenStepPointer make_token_step(const Piece& piece, TokenWeights& weights);

// Rows on their way through a network.
struct Hidden {
  std::vector<TokenId> ids = {};  // of a network on tokens, whose hidden rows are of one row
  std::size_t rows = 0;           // tokens, or rows
  std::vector<float> x = {};      // [rows, width]
  std::vector<std::vector<float>> kept = {};  // the inputs of residual blocks, the innermost last
};

// A piece made ready to run, by many threads at once.
class PieceRunner {
 public:
  // Packs the weights, which may go afterwards. tokens: takes_tokens().
  PieceRunner(const Piece& piece, bool tokens, std::span<const Weight> weights,
              MapObserver* observer = nullptr);
  ~PieceRunner();
  PieceRunner(PieceRunner&&) noexcept;
  // The same numbers as Engine::run computes on the way.
  void run(Hidden& hidden) const;

 private:
  bool tokens_;
  std::size_t out_;
  TokenStepPointer token_step_;
  StepPointer step_;
  Piece::Kind kind_;
};

}  // namespace mx::engine
