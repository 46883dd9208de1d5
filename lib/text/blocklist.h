// SPDX-License-Identifier: Apache-2.0
// Words and phrases that no document may have. Compared as words (text/words.h, plain_words): case
// and punctuation do not count, and a word inside a longer one does not match.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

namespace mx {

class Blocklist {
 public:
  Blocklist() = default;
  // One entry a line; blank lines and those that begin with # are passed over.
  explicit Blocklist(std::string_view text);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] bool matches(std::string_view document) const;

 private:
  std::unordered_set<std::string> entries_;  // plain words, each followed by a blank
  std::set<std::size_t> lengths_;            // in words
};

}  // namespace mx
