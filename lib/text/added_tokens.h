// SPDX-License-Identifier: Apache-2.0
// Tokens that are found in a text before anything else is done with it: special ones, which stand
// for something that is no text, and words that were added to a vocabulary afterwards. What is
// found and what is passed over follows the reference (the Python package tokenizers, "added
// tokens"): the leftmost, of those the longest.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/trie.h"

namespace mx {

using TokenId = std::uint32_t;

inline constexpr std::size_t kMostAdded = 65536;  // added tokens of a tokenizer

struct AddedToken {
  std::string text;
  TokenId id = 0;
  bool special = true;
  bool strip_left = false, strip_right = false;  // takes the white space before or behind it along
  bool single_word = false;                      // not where a letter, mark, number or _ touches it
  bool normalized = false;  // looked for, normalized itself, in the normalized text
};

// "special" (texts to ids) and "added" (a list of objects, those that are not plain special tokens)
// of a tokenizer's object. Ids below 2^24.
[[nodiscard]] std::vector<AddedToken> added_from_json(JsonObject& object);
void add_to_json(const std::vector<AddedToken>& added, Json& object);

class AddedMatcher {
 public:
  static constexpr std::size_t kLongest = 1024;  // bytes of a text that is looked for
  AddedMatcher() = default;
  // `texts`: what each is looked for as, as many as `tokens`.
  AddedMatcher(std::vector<AddedToken> tokens, std::span<const std::string> texts);

  struct Match {
    std::size_t begin = 0, end = 0;
    TokenId id = 0;
  };
  // The first match that begins at `at` or behind it. specials: special ones, too. False: none.
  [[nodiscard]] bool find(std::string_view text, std::size_t at, bool specials, Match& match) const;
  // Whether there is anything to find.
  [[nodiscard]] bool any(bool specials) const { return specials ? !tokens_.empty() : ordinary_; }

 private:
  std::vector<AddedToken> tokens_;
  ByteTrie trie_;
  bool ordinary_ = false;
};

}  // namespace mx
