// SPDX-License-Identifier: Apache-2.0
// Byte-level byte-pair encoding (Sennrich et al. 2016; GPT-2, Radford et al. 2019): text is split
// into words (text/split.h), a word into its bytes, and neighbours are merged, the merge that was
// learned first before all others. Exact for any bytes.
//
// Ids as GPT-2's: the 256 bytes in the order of GPT-2's byte alphabet, then one id per merge, then
// special tokens; JSON {"kind": "bpe", "merges": [left, right, left, right, ...], "special": {..}}.
// A loaded tokenizer with other ids says so: "bytes" (256 ids by byte) and "results" (one per
// merge). On one busy core: 35 MB/s for English, 12 MB/s for words that never repeat.
#pragma once

#include <array>

#include "text/tokenizer.h"

namespace mx {

struct BpeMerge {
  TokenId left = 0, right = 0, result = 0;
};

// GPT-2's order of the bytes: those that print (in Latin-1) first. id of each byte.
[[nodiscard]] const std::array<TokenId, 256>& gpt2_byte_ids();

// Rank of a pair of ids: a flat hash table.
class PairRanks {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  explicit PairRanks(std::span<const BpeMerge> merges);
  [[nodiscard]] std::uint32_t find(TokenId left, TokenId right) const;

 private:
  struct Slot {
    std::uint64_t pair = ~std::uint64_t{0};
    std::uint32_t rank = kNone;
  };
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
};

class BpeTokenizer final : public Tokenizer {
 public:
  // Throws Kind::input unless every id below their number is one byte, merge or special token, and
  // every merge is of tokens known before it, at most kLongest bytes long.
  BpeTokenizer(const std::array<TokenId, 256>& byte_ids, std::vector<BpeMerge> merges,
               std::vector<SpecialToken> specials);
  [[nodiscard]] static std::unique_ptr<Tokenizer> from_json(JsonObject& object);
  static constexpr std::size_t kLongest = 4096;

  [[nodiscard]] TokenizerKind kind() const override { return TokenizerKind::bpe; }
  [[nodiscard]] std::size_t size() const override { return offsets_.size() - 1; }
  [[nodiscard]] bool exact() const override { return true; }
  [[nodiscard]] std::unique_ptr<Encoder> encoder() const override;
  [[nodiscard]] Json to_json() const override;
  [[nodiscard]] const std::vector<BpeMerge>& merges() const { return merges_; }
  // The bytes of a token; empty for special tokens.
  [[nodiscard]] std::string_view bytes_of(TokenId id) const;
  // Appends the ids of one word.
  void encode_word(std::string_view word, std::vector<TokenId>& ids) const;

 private:
  void append_text(TokenId id, bool first, std::string& out) const override;
  void encode_short(std::string_view word, std::vector<TokenId>& ids) const;
  void encode_long(std::string_view word, std::vector<TokenId>& ids) const;

  std::array<TokenId, 256> byte_ids_;
  std::vector<BpeMerge> merges_;
  PairRanks ranks_;
  std::string bytes_;                   // of all tokens, one after the other
  std::vector<std::uint32_t> offsets_;  // [size + 1]
};

}  // namespace mx
