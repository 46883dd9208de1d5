// SPDX-License-Identifier: Apache-2.0
#include "text/merge_train.h"

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <utility>

#include "text/hash.h"

namespace mx {
namespace {

struct PairHash {
  std::size_t operator()(std::uint64_t pair) const { return hash_numbers(pair, 0); }
};

struct PairState {
  std::int64_t count = 0;
  std::vector<std::uint32_t> words;  // where it was seen; some may have lost it since
};

struct Candidate {
  std::int64_t count;
  std::uint64_t pair;
  // The largest count on top, then the smallest pair.
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.count != b.count ? a.count < b.count : a.pair > b.pair;
  }
};

class Learner {
 public:
  explicit Learner(std::vector<SymbolWord> words) : words_(std::move(words)) {
    for (std::size_t i = 0; i < words_.size(); ++i) count_pairs(i, 1, true);
    for (const auto& [pair, state] : pairs_) queue_.push({state.count, pair});
  }

  std::vector<BpeMerge> learn(const MergeLimits& limits, TokenId first) {
    std::vector<BpeMerge> merges;
    while (merges.size() < limits.merges && !queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      PairState& state = pairs_.at(best.pair);
      if (state.count != best.count) {  // it lost some since it was queued
        if (state.count > 0) queue_.push({state.count, best.pair});
        continue;
      }
      if (best.count < static_cast<std::int64_t>(limits.at_least)) break;
      const auto left = static_cast<TokenId>(best.pair >> 32U);
      const auto right = static_cast<TokenId>(best.pair);
      merges.push_back({left, right, static_cast<TokenId>(first + merges.size())});
      apply(merges.back(), std::exchange(state.words, {}));
    }
    return merges;
  }

 private:
  static std::uint64_t pair_of(TokenId left, TokenId right) {
    return static_cast<std::uint64_t>(left) << 32U | right;
  }

  // Adds the word's count to its pairs, `sign` times; `remember`: and the word to their lists.
  void count_pairs(std::size_t index, std::int64_t sign, bool remember) {
    const SymbolWord& word = words_[index];
    for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i) {
      PairState& state = pairs_[pair_of(word.symbols[i], word.symbols[i + 1])];
      state.count += sign * static_cast<std::int64_t>(word.count);
      if (remember && (state.words.empty() || state.words.back() != index)) {
        state.words.push_back(static_cast<std::uint32_t>(index));
      }
    }
  }

  void apply(const BpeMerge& merge, const std::vector<std::uint32_t>& where) {
    changed_.clear();
    for (const std::uint32_t index : where) {
      SymbolWord& word = words_[index];
      if (!has(word, merge)) continue;
      count_pairs(index, -1, false);
      std::size_t to = 0;
      for (std::size_t from = 0; from < word.symbols.size(); ++to) {
        const bool here = word.symbols[from] == merge.left && from + 1 < word.symbols.size() &&
                          word.symbols[from + 1] == merge.right;
        word.symbols[to] = here ? merge.result : word.symbols[from];
        from += here ? 2 : 1;
      }
      word.symbols.resize(to);
      count_pairs(index, 1, false);
      remember_new(index, merge.result);
    }
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    for (const std::uint64_t pair : changed_) queue_.push({pairs_.at(pair).count, pair});
  }

  static bool has(const SymbolWord& word, const BpeMerge& merge) {
    for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i) {
      if (word.symbols[i] == merge.left && word.symbols[i + 1] == merge.right) return true;
    }
    return false;
  }

  // Only pairs with the new symbol can have grown.
  void remember_new(std::uint32_t index, TokenId symbol) {
    const SymbolWord& word = words_[index];
    for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i) {
      if (word.symbols[i] != symbol && word.symbols[i + 1] != symbol) continue;
      const std::uint64_t pair = pair_of(word.symbols[i], word.symbols[i + 1]);
      PairState& state = pairs_.at(pair);
      if (!state.words.empty() && state.words.back() == index) continue;
      state.words.push_back(index);
      changed_.push_back(pair);
    }
  }

  std::vector<SymbolWord> words_;
  std::unordered_map<std::uint64_t, PairState, PairHash> pairs_;
  std::priority_queue<Candidate> queue_;
  std::vector<std::uint64_t> changed_;
};

}  // namespace

std::vector<BpeMerge> learn_merges(std::vector<SymbolWord> words, const MergeLimits& limits,
                                   TokenId first) {
  return Learner(std::move(words)).learn(limits, first);
}

}  // namespace mx
