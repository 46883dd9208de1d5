// SPDX-License-Identifier: Apache-2.0
// GPT-2's splitting of text into words (Radford et al. 2019; the pattern is the published one):
//
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// scanned by hand over Unicode categories. Bytes that are not UTF-8 count as neither letter, number
// nor space, so that any bytes are split, and the words put together are the text again.
#pragma once

#include <string_view>

namespace mx {

class Gpt2Splitter {
 public:
  explicit Gpt2Splitter(std::string_view text) : text_(text) {}
  // False at the end. `word` is a part of the text, never empty.
  [[nodiscard]] bool next(std::string_view& word);

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace mx
