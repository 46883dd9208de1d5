// SPDX-License-Identifier: Apache-2.0
// A cache's rows, piece by piece: the tensors that hold some of them. FORMAT.md, "Caches".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/cache_facts.h"
#include "data/log_steps.h"
#include "tensor/tensor.h"

namespace mx {

struct CachePiece {
  std::uint64_t number = 0;
  // In the file's order, named after the member and the piece's number.
  Weight counts;  // u32 [rows]: positions of each; of tokens only
  Weight ids;     // u8, u16 or u32 [positions, top]: likeliest first, equally likely ones ascending
  Weight steps;   // u8 [positions, top]: how many more than the class before
  Weight tails;   // u8 [positions, 2]: TailBytes; not where all classes are kept
  // Where hidden states are kept: u32 [rows], tokens of each; and for each layer [tokens, width],
  // by channel.
  Weight lengths = {};
  std::vector<Weight> hidden = {};

  [[nodiscard]] std::size_t positions() const;
};

// Tensors of each piece, those moved out of it.
[[nodiscard]] std::size_t tensors_in_piece(const CacheFacts& facts);
[[nodiscard]] std::vector<Weight> take_weights(const CacheFacts& facts, CachePiece piece);

// A piece whose row i has counts[i] positions, none of them set yet.
[[nodiscard]] CachePiece make_piece(const CacheFacts& facts, std::uint64_t number,
                                    std::span<const std::uint32_t> counts);
// `top` ids and their log-probabilities, in any order. Threads may set different positions.
void set_position(const CacheFacts& facts, CachePiece& piece, std::size_t at,
                  std::span<const std::int64_t> ids, std::span<const float> log_p,
                  const TailBytes& tail);

// The hidden states of its rows' tokens: of each layer [tokens, width], f32. Throws Kind::input for
// numbers that are not finite.
void set_hidden(const CacheFacts& facts, CachePiece& piece, std::span<const std::uint32_t> lengths,
                std::span<const Tensor> layers);

// The piece of that number, from its tensors. Throws Kind::input unless they are: names, types,
// shapes, counts, lengths; ids among the classes, different and in order; steps that a byte holds.
[[nodiscard]] CachePiece piece_of(const CacheFacts& facts, std::uint64_t number,
                                  std::span<Weight> weights);

// f(i, id, steps) for the classes of position `at`, likeliest first; steps as steps_of().
template <class F>
void for_each_class(const CachePiece& piece, std::size_t at, F&& f) {
  const auto top = static_cast<std::size_t>(piece.ids.values.shape[1]);
  const std::uint8_t* const more = piece.steps.values.data.data() + at * top;
  with_unsigned(size_of(piece.ids.values.dtype), [&]<class T>(std::type_identity<T>) {
    const T* const ids = reinterpret_cast<const T*>(piece.ids.values.data.data()) + at * top;
    unsigned steps = 0;
    for (std::size_t i = 0; i < top; ++i) {
      steps += more[i];
      f(i, static_cast<std::uint64_t>(ids[i]), steps);
    }
  });
}

}  // namespace mx
