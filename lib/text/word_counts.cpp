// SPDX-License-Identifier: Apache-2.0
#include "text/word_counts.h"

#include <algorithm>
#include <utility>

#include "text/hash.h"

namespace mx {

WordCounts::WordCounts(std::size_t most_bytes) : slots_(1U << 12U), most_bytes_(most_bytes) {}

void WordCounts::add(std::string_view word, std::uint64_t count) {
  const std::uint64_t hash = hash_text(word);
  const auto tag = static_cast<std::uint32_t>(hash >> 32U);
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at].count != 0) {
    if (slots_[at].tag == tag && word_of(slots_[at]) == word) {
      slots_[at].count += count;
      return;
    }
    at = (at + 1) & (slots_.size() - 1);
  }
  slots_[at] = {count, texts_.size(), static_cast<std::uint32_t>(word.size()), tag};
  texts_ += word;
  ++used_;
  // Growing takes old and new slots together.
  const bool grows = 2 * used_ > slots_.size();
  const bool full = texts_.size() + 3 * slots_.size() * sizeof(Slot) > most_bytes_;
  if ((grows && full) || texts_.size() > most_bytes_ / 2) {
    shrink();
  } else if (grows) {
    rebuild(2 * slots_.size(), 0);
  }
}

void WordCounts::shrink() {
  const std::size_t words = used_, bytes = texts_.size();
  for (std::uint64_t at_least = 2; used_ > words / 2 || texts_.size() > bytes / 2; ++at_least) {
    rebuild(slots_.size(), at_least);
  }
}

void WordCounts::rebuild(std::size_t slots, std::uint64_t at_least) {
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  const std::string texts = std::exchange(texts_, {});
  used_ = 0;
  for (const Slot& slot : old) {
    if (slot.count == 0) continue;
    if (slot.count < at_least) {
      forgotten_ += slot.count;
      continue;
    }
    const std::string_view word = std::string_view(texts).substr(slot.text, slot.size);
    std::size_t at = hash_text(word) & (slots_.size() - 1);
    while (slots_[at].count != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {slot.count, texts_.size(), slot.size, slot.tag};
    texts_ += word;
    ++used_;
  }
}

std::vector<WordCount> WordCounts::sorted() const {
  std::vector<WordCount> words;
  words.reserve(used_);
  for (const Slot& slot : slots_) {
    if (slot.count != 0) words.push_back({word_of(slot), slot.count});
  }
  std::sort(words.begin(), words.end(),
            [](const WordCount& a, const WordCount& b) { return a.word < b.word; });
  return words;
}

}  // namespace mx
