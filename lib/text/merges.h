// SPDX-License-Identifier: Apache-2.0
// The merges of byte-pair encoding: two neighbouring symbols become one, the pair of the lowest
// rank before all others, of equal ones the leftmost. Short sequences are scanned, long ones kept
// in a heap: n log n, whatever they are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "text/added_tokens.h"

namespace mx {

struct BpeMerge {
  TokenId left = 0, right = 0, result = 0;
};

class MergeTable {
 public:
  // `ranks`: of each merge; without them, its place. Throws Kind::input for a pair that stands
  // twice.
  explicit MergeTable(std::span<const BpeMerge> merges, std::span<const std::uint32_t> ranks = {});
  // Merges what can be merged, in place; how many symbols are left, at the beginning of `symbols`.
  [[nodiscard]] std::size_t apply(std::span<TokenId> symbols) const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Slot {
    TokenId left = 0, right = 0;
    std::uint32_t rank = kNone;  // of an empty slot, too
    TokenId result = 0;
  };
  [[nodiscard]] const Slot& find(TokenId left, TokenId right) const;
  [[nodiscard]] std::size_t apply_short(std::span<TokenId> symbols) const;
  [[nodiscard]] std::size_t apply_long(std::span<TokenId> symbols) const;

  std::uint64_t secret_;  // so that no file can know where its pairs lie; nothing depends on it
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
};

}  // namespace mx
