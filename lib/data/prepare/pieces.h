// SPDX-License-Identifier: Apache-2.0
// The documents of a corpus that stay, each with its part: whole ones by cluster, or, where the
// split goes by the end of the text, with the two documents that a border runs through cut there
// (between characters).
#pragma once

#include <optional>
#include <string>

#include "data/prepare/corpus.h"
#include "data/prepare/divide.h"

namespace mx {

struct Piece : Document {
  Part part = Part::train;
  std::uint32_t document = 0;
  bool begins = true, ends = true;  // the document's beginning, its end are in it
};

class Pieces {
 public:
  Pieces(Corpus& corpus, std::optional<Tail> tail)
      : reader_(corpus), corpus_(corpus), tail_(tail) {}
  [[nodiscard]] bool next(Piece& piece);

 private:
  [[nodiscard]] Part part_at(std::uint64_t offset) const;
  Corpus::Reader reader_;
  Corpus& corpus_;
  std::optional<Tail> tail_;
  std::uint64_t offset_ = 0;  // of what comes next in the text that stays
  Document rest_;             // of a document that is cut
};

}  // namespace mx
