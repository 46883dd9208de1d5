// SPDX-License-Identifier: Apache-2.0
// Ids to text as it grows, for terminals and pipes: what comes out is always whole characters.
// Bytes that begin a character wait for the ids that finish it; bytes that are no UTF-8 come out as
// U+FFFD. Special tokens give nothing.
#pragma once

#include "text/tokenizer.h"

namespace mx {

class StreamDecoder {
 public:
  // `tokenizer` must outlive it. first: no text stands in front of what comes.
  explicit StreamDecoder(const Tokenizer& tokenizer, bool first = true)
      : tokenizer_(tokenizer), first_(first) {}
  // What can be shown now; may be empty.
  [[nodiscard]] std::string push(TokenId id);
  // The end: a character that was never finished comes out as U+FFFD.
  [[nodiscard]] std::string finish();

 private:
  [[nodiscard]] std::string take(std::size_t bytes);

  const Tokenizer& tokenizer_;
  std::string pending_;
  bool first_;
};

// `text` with each maximal invalid part made U+FFFD.
[[nodiscard]] std::string replace_invalid(std::string_view text);

}  // namespace mx
