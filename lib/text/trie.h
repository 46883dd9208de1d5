// SPDX-License-Identifier: Apache-2.0
// The longest of many texts that stands at a place: a trie over bytes, its edges in one flat hash
// table, so that building takes time in proportion to the texts, whatever they are, and a step is
// one probe. At most 2^24 nodes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mx {

class ByteTrie {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  // Where a byte leads, and the value of the text that ends there.
  struct Step {
    std::uint32_t node = kNone, value = kNone;
  };

  ByteTrie() { first_.fill({}); }
  // Sets the value of `text` (not empty). A later value of the same text replaces it.
  void insert(std::string_view text, std::uint32_t value) {
    Step* step = &first_[static_cast<std::uint8_t>(text.front())];
    if (step->node == kNone) step->node = fresh();
    for (const char c : text.substr(1)) {
      if (2 * used_ >= slots_.size()) {  // may move what `step` points to
        const std::uint32_t node = step->node;
        grow();
        step = &enter(node, static_cast<std::uint8_t>(c));
      } else {
        step = &enter(step->node, static_cast<std::uint8_t>(c));
      }
    }
    step->value = value;
  }
  [[nodiscard]] bool empty() const { return nodes_ == 0; }
  [[nodiscard]] const Step& first(char byte) const {
    return first_[static_cast<std::uint8_t>(byte)];
  }
  [[nodiscard]] Step next(std::uint32_t node, char byte) const {
    if (slots_.empty()) return {};
    const std::uint32_t key = node << 8U | static_cast<std::uint8_t>(byte);
    for (std::size_t at = place(key);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].key == key) return slots_[at].step;
      if (slots_[at].key == kNone) return {};
    }
  }
  // The longest text at `at`: its value and size; {kNone, 0} where there is none.
  struct Found {
    std::uint32_t value = kNone;
    std::size_t size = 0;
  };
  [[nodiscard]] Found longest(std::string_view text, std::size_t at) const {
    Found found;
    Step step = first(text[at]);
    for (std::size_t size = 1; step.node != kNone; ++size) {
      if (step.value != kNone) found = {step.value, size};
      if (at + size >= text.size()) break;
      step = next(step.node, text[at + size]);
    }
    return found;
  }

 private:
  struct Slot {
    std::uint32_t key = kNone;  // node << 8 | byte
    Step step;
  };

  std::uint32_t fresh() {
    if (nodes_ >= (1U << 24U) - 1) fail(Kind::input, "the tokens are too many, or too long");
    return nodes_++;
  }
  [[nodiscard]] std::size_t place(std::uint32_t key) const {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> shift_);
  }
  Step& enter(std::uint32_t node, std::uint8_t byte) {
    const std::uint32_t key = node << 8U | byte;
    std::size_t at = place(key);
    while (slots_[at].key != kNone && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    if (slots_[at].key == kNone) {
      slots_[at] = {key, {fresh(), kNone}};
      ++used_;
    }
    return slots_[at].step;
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
    old.swap(slots_);
    shift_ = 64;
    for (std::size_t size = slots_.size(); size > 1; size /= 2) --shift_;
    for (const Slot& slot : old) {
      if (slot.key == kNone) continue;
      std::size_t at = place(slot.key);
      while (slots_[at].key != kNone) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  std::array<Step, 256> first_;
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  unsigned shift_ = 64;
  std::uint32_t nodes_ = 0;
};

}  // namespace mx
