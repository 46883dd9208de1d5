// SPDX-License-Identifier: Apache-2.0
// Byte-level byte-pair encoding (Sennrich et al. 2016; GPT-2, Radford et al. 2019): text is split
// into words (text/split.h), a word into its bytes, and neighbours are merged, the merge that was
// learned first before all others. Exact for any bytes, unless something normalizes the text.
//
// Ids as GPT-2's: the 256 bytes in the order of GPT-2's byte alphabet, then one id per merge, then
// special tokens; a loaded tokenizer may have others. On one busy core: 35 MB/s for English, 12
// MB/s for words that never repeat.
#pragma once

#include <array>
#include <unordered_map>

#include "text/gpt2_alphabet.h"
#include "text/merges.h"
#include "text/split.h"
#include "text/tokenizer.h"

namespace mx {

struct BpeRules {
  std::array<TokenId, 256> bytes = gpt2_byte_ids();  // id of each
  std::vector<BpeMerge> merges = {};
  Splits split = {Split::gpt2};
  bool whole = false;  // a word that is a token becomes it, whatever the merges say
  std::vector<std::pair<std::string, TokenId>> others =
      {};                // tokens that no merge makes, by their bytes
  std::size_t size = 0;  // ids are below it, some without a token; 0: all have one
};

class BpeTokenizer final : public Tokenizer {
 public:
  // Throws Kind::input unless every id below their number is one byte, merge, other or added token
  // (below rules.size, at most one of them), and every merge is of tokens known before it, at most
  // kLongest bytes long.
  BpeTokenizer(BpeRules rules, TokenizerFrame frame);
  [[nodiscard]] static std::unique_ptr<Tokenizer> from_json(JsonObject& object);
  static constexpr std::size_t kLongest = 4096;

  [[nodiscard]] TokenizerKind kind() const override { return TokenizerKind::bpe; }
  [[nodiscard]] std::size_t size() const override { return offsets_.size() - 1; }
  [[nodiscard]] bool exact() const override { return keeps_bytes(); }
  [[nodiscard]] std::unique_ptr<Encoder> encoder() const override;
  [[nodiscard]] Json to_json() const override;
  [[nodiscard]] const BpeRules& rules() const { return rules_; }
  // The bytes of a token; empty for added tokens and ids without one.
  [[nodiscard]] std::string_view bytes_of(TokenId id) const;
  // Appends the ids of one word.
  void encode_word(std::string_view word, std::vector<TokenId>& ids) const;

 private:
  void append_text(TokenId id, bool first, std::string& out) const override;

  BpeRules rules_;
  MergeTable table_;
  std::string bytes_;                                    // of all tokens, one after the other
  std::vector<std::uint32_t> offsets_;                   // [size + 1]
  std::unordered_map<std::string_view, TokenId> whole_;  // words that are tokens
};

}  // namespace mx
