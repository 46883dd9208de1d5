// SPDX-License-Identifier: Apache-2.0
// How often each word comes, in bounded memory: what tokenizers are trained on. When the words fill
// the bound, the rarest are forgotten (those seen once, then twice, ...), which is counted; the
// result depends on the order of the words then, and on nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mx {

struct WordCount {
  std::string_view word;
  std::uint64_t count = 0;
};

class WordCounts {
 public:
  explicit WordCounts(std::size_t most_bytes = std::size_t{256} << 20U);
  void add(std::string_view word, std::uint64_t count = 1);
  // In byte order; valid until the next add.
  [[nodiscard]] std::vector<WordCount> sorted() const;
  [[nodiscard]] bool empty() const { return used_ == 0; }
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }  // words, with repetitions

 private:
  struct Slot {
    std::uint64_t count = 0;  // 0: empty
    std::uint64_t text = 0;
    std::uint32_t size = 0, tag = 0;  // tag: upper half of the hash
  };
  [[nodiscard]] std::string_view word_of(const Slot& slot) const {
    return std::string_view(texts_).substr(slot.text, slot.size);
  }
  void rebuild(std::size_t slots, std::uint64_t at_least);
  void shrink();

  std::vector<Slot> slots_;
  std::string texts_;
  std::size_t used_ = 0, most_bytes_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace mx
