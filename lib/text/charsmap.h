// SPDX-License-Identifier: Apache-2.0
// SentencePiece's precompiled map of characters (github.com/google/sentencepiece, src/normalizer.cc
// and the double array of darts-clone that it keeps): texts of a few characters and what stands for
// them in a normalized text. The bytes are a u32 size, the double array of so many bytes, and the
// replacements, each ended by a zero byte. Nothing in it is trusted: every step of a search is held
// against the array's size, and their number against kLongest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mx {

class Charsmap {
 public:
  // Bytes of a text that is looked for, and of one that stands for it.
  static constexpr std::size_t kLongest = 256;
  // Throws Kind::input where the sizes do not fit.
  explicit Charsmap(std::string_view bytes);
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

  struct Found {
    std::string_view text;
    std::size_t size = 0;  // bytes that it stands for; 0: none
  };
  // What stands for the longest known text at the beginning of `text`; the shortest one's.
  [[nodiscard]] Found longest(std::string_view text) const { return find(text, false); }
  [[nodiscard]] Found shortest(std::string_view text) const { return find(text, true); }

 private:
  [[nodiscard]] Found find(std::string_view text, bool first) const;
  [[nodiscard]] std::string_view replacement(std::uint32_t at) const;

  std::string bytes_;
  std::vector<std::uint32_t> units_;
  std::size_t texts_ = 0;  // where the replacements begin in bytes_
};

}  // namespace mx
