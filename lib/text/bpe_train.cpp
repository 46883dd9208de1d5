// SPDX-License-Identifier: Apache-2.0
#include "text/bpe_train.h"

#include <utility>

#include "base/error.h"
#include "text/bpe.h"
#include "text/merge_train.h"
#include "text/split.h"

namespace mx {
namespace {

// Longer words (a line of dashes, base64) are counted in pieces, so that none costs more than its
// bytes, and no token grows beyond what a tokenizer takes.
constexpr std::size_t kLongestWord = 256;

}  // namespace

BpeTrainer::BpeTrainer(TokenizerOptions options) : options_(std::move(options)) {
  if (options_.vocab < 256 + options_.specials.size()) {
    throw Error{
        Kind::usage, fmt::format("a bpe vocabulary of {} is too small", options_.vocab),
        fmt::format("the bytes and special tokens alone are {}", 256 + options_.specials.size())};
  }
}

void BpeTrainer::add(std::string_view text) {
  static const Splits kSplit = {Split::gpt2};
  Splitter words(kSplit, text);
  std::string_view word;
  while (words.next(word)) {
    for (std::size_t at = 0; at < word.size(); at += kLongestWord) {
      words_.add(word.substr(at, kLongestWord));
    }
  }
}

std::unique_ptr<Tokenizer> BpeTrainer::finish() {
  if (words_.empty()) fail(Kind::input, "there is no text to train the tokenizer on");
  std::vector<SymbolWord> words;
  for (const auto& [text, count] : words_.sorted()) {
    SymbolWord word{{}, count};
    word.symbols.reserve(text.size());
    for (const char c : text) word.symbols.push_back(gpt2_byte_ids()[static_cast<std::uint8_t>(c)]);
    words.push_back(std::move(word));
  }
  const std::size_t merges = options_.vocab - 256 - options_.specials.size();
  std::vector<BpeMerge> learned = learn_merges(std::move(words), {merges, 2}, 256);
  const std::size_t tokens = 256 + learned.size();
  return std::make_unique<BpeTokenizer>(BpeRules{.merges = std::move(learned)},
                                        number_specials(options_.specials, tokens));
}

}  // namespace mx
