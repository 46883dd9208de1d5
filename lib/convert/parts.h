// SPDX-License-Identifier: Apache-2.0
// A network's tensors as pieces of another program's: some are fused there, some turned.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "convert/source.h"
#include "net/network.h"

namespace mx {

// One of our tensors out of one of theirs.
struct TensorPiece {
  std::string theirs;
  bool turned = false;                    // transposed first
  std::int64_t begin = 0, rows = -1;      // of its rows; -1: all
  std::int64_t head_dim = 0, rotary = 0;  // rotary_first() of those; 0: as they are
};
using TensorPieces = std::map<std::string, TensorPiece, std::less<>>;

// A matrix [rows, columns] as [columns, rows].
[[nodiscard]] Tensor turned(const Tensor& matrix);
// The rows of each head, `head_dim` of them and `first` times some, in the order that a matrix
// [first, head_dim / first] of them has when it is turned. first 2: halves become pairs; head_dim /
// 2: pairs become halves again.
[[nodiscard]] Tensor heads_turned(const Tensor& from, std::int64_t head_dim, std::int64_t first);

// The rows of each head, `head_dim` of them, of which the first `rotary` are the halves of pairs,
// in the order in which all of them are: the first halves of those and of the others, then the
// second.
[[nodiscard]] Tensor rotary_first(const Tensor& from, std::int64_t head_dim, std::int64_t rotary);

// The network's tensors, in its order, each read from its piece. Throws Kind::input for one that is
// missing or does not have the shape.
[[nodiscard]] std::unique_ptr<TensorSource> parts_of(std::unique_ptr<TensorSource> source,
                                                     const Network& network,
                                                     const TensorPieces& pieces);

}  // namespace mx
