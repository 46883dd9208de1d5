// SPDX-License-Identifier: Apache-2.0
// Remembers the ids of words that were seen before: text is mostly the same few thousand words. At
// most about 6 MB; when it is full it forgets everything, so what comes out never depends on it.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "text/hash.h"
#include "text/tokenizer.h"

namespace mx {

class WordCache {
 public:
  // Appends the ids of `word`; unseen(word, out), which appends them to `out`, is asked when they
  // are not known.
  template <class Unseen>
  void append(std::string_view word, std::vector<TokenId>& ids, const Unseen& unseen) {
    if (word.size() > kLongest) return unseen(word, ids);
    const std::uint64_t hash = hash_text(word) | 1U;  // 0 is an empty slot
    std::size_t at = hash >> kShift;
    while (slots_[at].hash != 0) {
      const Slot& slot = slots_[at];
      if (slot.hash == hash && slot.size == word.size() &&
          std::memcmp(texts_.data() + slot.text, word.data(), word.size()) == 0) {
        const auto begin = kept_.begin() + slot.ids;
        ids.insert(ids.end(), begin, begin + slot.count);
        return;
      }
      at = (at + 1) & (kSlots - 1);
    }
    const std::size_t before = ids.size();
    unseen(word, ids);
    if (++used_ > kSlots / 2) return forget();
    slots_[at] = {hash, static_cast<std::uint32_t>(texts_.size()),
                  static_cast<std::uint32_t>(kept_.size()), static_cast<std::uint8_t>(word.size()),
                  static_cast<std::uint8_t>(ids.size() - before)};
    texts_ += word;
    kept_.insert(kept_.end(), ids.begin() + static_cast<std::ptrdiff_t>(before), ids.end());
  }

 private:
  static constexpr std::size_t kLongest = 48;  // bytes; a word has at most as many ids
  static constexpr unsigned kShift = 48;
  static constexpr std::size_t kSlots = std::size_t{1} << (64 - kShift);
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t text = 0, ids = 0;
    std::uint8_t size = 0, count = 0;
  };

  void forget() {
    slots_.assign(kSlots, {});
    texts_.clear();
    kept_.clear();
    used_ = 0;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
  std::string texts_;
  std::vector<TokenId> kept_;
  std::size_t used_ = 0;
};

}  // namespace mx
