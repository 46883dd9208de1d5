// SPDX-License-Identifier: Apache-2.0
#include "text/wordpiece_train.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "text/bert_words.h"
#include "text/merge_train.h"
#include "text/utf8.h"
#include "text/wordpiece.h"

namespace mx {
namespace {

constexpr std::size_t kMostCharacters = 1000;  // different ones in the vocabulary
constexpr std::size_t kLongestWord = 400;      // bytes; longer words become [UNK] anyway

// The symbols of a word: its characters, all but the first with ## before them.
std::vector<std::string> symbols_of(std::string_view word) {
  std::vector<std::string> symbols;
  for (std::size_t at = 0; at < word.size();) {
    const Character character = decode_character(word, at);
    symbols.emplace_back(at == 0 ? "" : "##");
    symbols.back() += word.substr(at, character.size);
    at += character.size;
  }
  return symbols;
}

}  // namespace

WordPieceTrainer::WordPieceTrainer(TokenizerOptions options) : options_(std::move(options)) {
  const auto& specials = options_.specials;
  if (std::find(specials.begin(), specials.end(), "[UNK]") == specials.end()) {
    throw Error{Kind::usage, "a wordpiece tokenizer needs the special token [UNK]", ""};
  }
}

void WordPieceTrainer::add(std::string_view text) {
  bert_words(text, {options_.lowercase, options_.lowercase}, text_);
  std::string_view left = text_;
  while (!left.empty()) {
    const std::size_t size = left.find(' ');
    if (size <= kLongestWord) words_.add(left.substr(0, size));
    left.remove_prefix(size + 1);
  }
}

std::unique_ptr<Tokenizer> WordPieceTrainer::finish() {
  if (words_.empty()) fail(Kind::input, "there is no text to train the tokenizer on");
  const std::vector<WordCount> counted = words_.sorted();
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [word, count] : counted) {
    for (const std::string& symbol : symbols_of(word)) counts[symbol] += count;
  }
  std::vector<std::pair<std::uint64_t, std::string>> by_count;
  for (const auto& [symbol, count] : counts) by_count.emplace_back(count, symbol);
  std::stable_sort(by_count.begin(), by_count.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (by_count.size() > kMostCharacters) by_count.resize(kMostCharacters);
  std::set<std::string> kept;
  for (const auto& [count, symbol] : by_count) kept.insert(symbol);

  std::vector<std::string> tokens = options_.specials;
  if (options_.vocab < tokens.size() + kept.size()) {
    throw Error{
        Kind::usage, fmt::format("a wordpiece vocabulary of {} is too small", options_.vocab),
        fmt::format("the special tokens and characters alone are {}", tokens.size() + kept.size())};
  }
  std::map<std::string, TokenId> ids;
  std::vector<std::string> symbols;  // by symbol id: characters, then merges
  for (const std::string& symbol : kept) {
    ids.emplace(symbol, static_cast<TokenId>(symbols.size()));
    symbols.push_back(symbol);
  }
  std::vector<SymbolWord> words;
  for (const auto& [text, count] : counted) {
    SymbolWord word{{}, count};
    for (const std::string& symbol : symbols_of(text)) {
      const auto found = ids.find(symbol);
      if (found == ids.end()) break;  // what follows a rare character is left out with it
      word.symbols.push_back(found->second);
    }
    words.push_back(std::move(word));
  }
  tokens.insert(tokens.end(), symbols.begin(), symbols.end());
  std::set<std::string> known(tokens.begin(), tokens.end());
  const MergeLimits limits{options_.vocab - tokens.size(), 2};
  const auto first = static_cast<TokenId>(symbols.size());
  for (const BpeMerge& merge : learn_merges(std::move(words), limits, first)) {
    symbols.push_back(symbols[merge.left] + symbols[merge.right].substr(2));
    if (known.insert(symbols.back()).second) tokens.push_back(symbols.back());
  }
  return std::make_unique<WordPieceTokenizer>(
      WordPieceRules{.tokens = std::move(tokens),
                     .folding = {options_.lowercase, options_.lowercase}},
      number_specials(options_.specials, 0));
}

}  // namespace mx
