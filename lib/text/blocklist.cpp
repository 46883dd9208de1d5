// SPDX-License-Identifier: Apache-2.0
#include "text/blocklist.h"

#include <algorithm>
#include <vector>

#include "text/words.h"

namespace mx {
namespace {

// Where the words begin in a text of plain words, and its end.
std::vector<std::size_t> starts_of(std::string_view words) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at] == ' ') starts.push_back(at + 1);
  }
  return starts;
}

}  // namespace

Blocklist::Blocklist(std::string_view text) {
  for (const std::string_view line : lines_of(text)) {
    if (line.front() == '#') continue;
    std::string words = plain_words(line);
    if (words.empty()) continue;
    lengths_.insert(starts_of(words).size() - 1);
    entries_.insert(std::move(words));
  }
}

bool Blocklist::matches(std::string_view document) const {
  if (entries_.empty()) return false;
  const std::string words = plain_words(document);
  const std::vector<std::size_t> starts = starts_of(words);
  std::string part;
  for (const std::size_t length : lengths_) {
    for (std::size_t i = 0; i + length < starts.size(); ++i) {
      part.assign(words, starts[i], starts[i + length] - starts[i]);
      if (entries_.contains(part)) return true;
    }
  }
  return false;
}

}  // namespace mx
