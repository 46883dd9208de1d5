// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/pieces.h"

#include <utility>

#include "text/utf8.h"

namespace mx {

Part Pieces::part_at(std::uint64_t offset) const {
  if (offset >= tail_->test) return Part::test;
  return offset >= tail_->valid ? Part::valid : Part::train;
}

bool Pieces::next(Piece& piece) {
  piece.begins = rest_.text.empty();
  if (piece.begins) {
    do {
      if (!reader_.next(static_cast<Document&>(piece))) return false;
    } while (corpus_.parts()[reader_.number()] == Part::none);
  } else {
    static_cast<Document&>(piece) = std::exchange(rest_, {});
  }
  piece.document = reader_.number();
  piece.part = corpus_.parts()[piece.document];
  piece.ends = true;
  if (!tail_) return true;
  piece.part = part_at(offset_);
  for (const std::uint64_t border : {tail_->valid, tail_->test}) {
    if (border <= offset_ || border >= offset_ + piece.text.size()) continue;
    auto at = static_cast<std::size_t>(border - offset_);
    while (at < piece.text.size() && is_continuation(piece.text[at])) ++at;
    if (at == piece.text.size()) continue;
    rest_ = piece.split(at);
    piece.ends = false;
    break;
  }
  offset_ += piece.text.size();
  return true;
}

}  // namespace mx
