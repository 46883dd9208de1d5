// SPDX-License-Identifier: Apache-2.0
#include "text/merges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <queue>

#include "base/error.h"
#include "base/random.h"
#include "text/hash.h"

namespace mx {
namespace {

constexpr std::size_t kShort = 48;  // symbols up to which scanning for the best pair is fastest

std::size_t place_of(TokenId left, TokenId right, std::uint64_t secret) {
  return hash_numbers(static_cast<std::uint64_t>(left) << 32U | right, secret);
}

}  // namespace

MergeTable::MergeTable(std::span<const BpeMerge> merges, std::span<const std::uint32_t> ranks)
    : secret_(draw_seed()), slots_(std::bit_ceil(2 * merges.size() + 2)), mask_(slots_.size() - 1) {
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const auto [left, right, result] = merges[i];
    std::size_t at = place_of(left, right, secret_) & mask_;
    while (slots_[at].rank != kNone) {
      if (slots_[at].left == left && slots_[at].right == right) {
        fail(Kind::input, "the bpe tokenizer merges {} and {} twice", left, right);
      }
      at = (at + 1) & mask_;
    }
    slots_[at] = {left, right, ranks.empty() ? static_cast<std::uint32_t>(i) : ranks[i], result};
  }
}

const MergeTable::Slot& MergeTable::find(TokenId left, TokenId right) const {
  std::size_t at = place_of(left, right, secret_) & mask_;
  while (slots_[at].rank != kNone && (slots_[at].left != left || slots_[at].right != right)) {
    at = (at + 1) & mask_;
  }
  return slots_[at];
}

std::size_t MergeTable::apply(std::span<TokenId> symbols) const {
  return symbols.size() <= kShort ? apply_short(symbols) : apply_long(symbols);
}

std::size_t MergeTable::apply_short(std::span<TokenId> symbols) const {
  std::array<std::uint32_t, kShort> ranks = {};  // of the pair that begins here
  std::array<TokenId, kShort> results = {};
  std::size_t count = symbols.size();
  const auto look = [&](std::size_t i) {
    if (i + 1 >= count) {
      ranks[i] = kNone;
      return;
    }
    const Slot& slot = find(symbols[i], symbols[i + 1]);
    ranks[i] = slot.rank;
    results[i] = slot.result;
  };
  for (std::size_t i = 0; i < count; ++i) look(i);
  while (count > 1) {
    const auto end = ranks.begin() + static_cast<std::ptrdiff_t>(count);
    const auto best = std::min_element(ranks.begin(), end);  // the first of equal ones
    if (*best == kNone) break;
    const auto at = static_cast<std::size_t>(best - ranks.begin());
    symbols[at] = results[at];
    const auto close_gap = [&](auto begin) {
      const auto gap = begin + static_cast<std::ptrdiff_t>(at) + 1;
      std::copy(gap + 1, begin + static_cast<std::ptrdiff_t>(count), gap);
    };
    close_gap(symbols.begin());
    close_gap(ranks.begin());
    close_gap(results.begin());
    --count;
    look(at);
    if (at > 0) look(at - 1);
  }
  return count;
}

// A linked list of symbols and a heap of pairs.
std::size_t MergeTable::apply_long(std::span<TokenId> symbols) const {
  constexpr std::size_t kEnd = ~std::size_t{0};
  struct Node {
    std::size_t before, after;
    bool alive;
  };
  struct Candidate {
    std::uint32_t rank;
    std::size_t at;
    TokenId left, right, result;  // as they were; a merge since then makes the candidate stale
  };
  const auto later = [](const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
  };
  std::vector<Node> nodes(symbols.size());
  std::priority_queue<Candidate, std::vector<Candidate>, decltype(later)> heap(later);
  const auto offer = [&](std::size_t at) {
    if (at == kEnd || nodes[at].after == kEnd) return;
    const TokenId left = symbols[at], right = symbols[nodes[at].after];
    const Slot& slot = find(left, right);
    if (slot.rank != kNone) heap.push({slot.rank, at, left, right, slot.result});
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i] = {i == 0 ? kEnd : i - 1, i + 1 == nodes.size() ? kEnd : i + 1, true};
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) offer(i);
  while (!heap.empty()) {
    const Candidate best = heap.top();
    heap.pop();
    Node& node = nodes[best.at];
    if (!node.alive || symbols[best.at] != best.left || node.after == kEnd ||
        symbols[node.after] != best.right) {
      continue;
    }
    nodes[node.after].alive = false;
    symbols[best.at] = best.result;
    node.after = nodes[node.after].after;
    if (node.after != kEnd) nodes[node.after].before = best.at;
    offer(best.at);
    offer(node.before);
  }
  std::size_t count = 0;
  for (std::size_t at = 0; at != kEnd; at = nodes[at].after) symbols[count++] = symbols[at];
  return count;
}

}  // namespace mx
