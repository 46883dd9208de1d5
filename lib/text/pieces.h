// SPDX-License-Identifier: Apache-2.0
// Tokens that are pieces of text, as SentencePiece learns them (Kudo and Richardson 2018): a blank
// is a character as others, written U+2581. Which pieces a text becomes is found by merges (BPE
// over characters; Llama 2, Mistral), by merging what has the best score (SentencePiece's BPE), or
// as the likeliest pieces (Unigram; XLM-R, T5). A character that no piece has is written as its
// bytes where the vocabulary has these, else it is unknown. Not exact: U+2581 is decoded as a
// blank. Bytes that are no UTF-8 are kept as bytes where possible, else they count as U+FFFD.
#pragma once

#include <array>
#include <unordered_map>

#include "text/merges.h"
#include "text/tokenizer.h"
#include "text/unigram.h"
#include "text/utf8.h"

namespace mx {

enum class PieceSearch : std::uint8_t { merges, scores, unigram };

struct PieceRules {
  PieceSearch search = PieceSearch::unigram;
  std::vector<std::string> tokens = {};  // by id; empty: none
  std::vector<BpeMerge> merges = {};     // of PieceSearch::merges; results are found by their text
  std::vector<double> scores = {};       // of the others: one per token
  std::optional<TokenId> unknown = {};
  bool bytes = false;                // the tokens <0x00> to <0xFF> stand for bytes
  bool fuse = true;                  // unknown characters in a row are one token
  bool words = false;                // each blank begins a word; no piece goes beyond its word
  bool single = false;               // scores are added in single precision
  std::vector<TokenId> always = {};  // tokens that are taken wherever they stand
};

class PieceTokenizer final : public Tokenizer {
 public:
  // Throws Kind::input for rules that lack something or contradict one another.
  PieceTokenizer(PieceRules rules, TokenizerFrame frame);
  [[nodiscard]] static std::unique_ptr<Tokenizer> from_json(JsonObject& object);
  static constexpr std::size_t kLongest = 1024;  // bytes of a token

  [[nodiscard]] TokenizerKind kind() const override { return TokenizerKind::pieces; }
  [[nodiscard]] std::size_t size() const override { return rules_.tokens.size(); }
  [[nodiscard]] bool exact() const override { return false; }
  [[nodiscard]] std::unique_ptr<Encoder> encoder() const override;
  [[nodiscard]] Json to_json() const override;
  [[nodiscard]] std::optional<TokenId> unknown() const override {
    return rules_.bytes ? std::nullopt : rules_.unknown;
  }
  [[nodiscard]] const PieceRules& rules() const { return rules_; }
  // Whether the blank that begins a decoded text is dropped.
  [[nodiscard]] bool drops_blank() const { return drops_blank_; }
  // Whether text can become this token.
  [[nodiscard]] bool is_ordinary(TokenId id) const { return ordinary_[id]; }
  // The merges in their order: the rules', or those that the scores imply.
  [[nodiscard]] std::vector<BpeMerge> merges() const;

  // How long the first word of a part is.
  [[nodiscard]] std::size_t word_size(std::string_view text) const;
  // Whether a word's ids are the same wherever it stands.
  [[nodiscard]] bool by_word() const {
    return rules_.words || rules_.search != PieceSearch::unigram;
  }
  // Appends the ids of one word; `score`: see Unigram::search.
  void encode_word(std::string_view word, double& score, Unigram::Scratch& scratch,
                   std::vector<TokenId>& ids) const;

 private:
  struct Pairs {
    std::vector<BpeMerge> merges;
    std::vector<std::uint32_t> ranks;
  };
  void append_text(TokenId id, bool first, std::string& out) const override;
  void find_bytes();
  void find_ordinary();
  void find_characters();
  [[nodiscard]] std::optional<TokenId> symbol_of(std::string_view text) const;
  [[nodiscard]] std::optional<TokenId> symbol_of(char32_t code) const;
  [[nodiscard]] Pairs pairs_of_merges() const;
  [[nodiscard]] Pairs pairs_of_scores() const;
  [[nodiscard]] std::unique_ptr<Unigram> make_unigram() const;
  void put_unknown(std::string_view bytes, bool& after_unknown, std::vector<TokenId>& ids) const;
  void merge_word(std::string_view word, std::vector<TokenId>& ids) const;
  void finish_merging(std::size_t begin, bool& after_unknown, std::vector<TokenId>& ids) const;

  PieceRules rules_;
  std::vector<bool> ordinary_, is_always_;             // by id
  std::array<TokenId, 256> byte_ids_ = {};             // of rules_.bytes
  std::vector<std::int16_t> byte_of_;                  // by id; -1: none
  std::unordered_map<std::string_view, TokenId> ids_;  // of ordinary tokens
  // Characters: tokens, or such as only longer tokens have, which get ids from size() on.
  std::array<TokenId, 0x800> quick_ = {};
  std::unordered_map<char32_t, TokenId> characters_;
  std::vector<std::string> strangers_;  // the latter
  ByteTrie always_;
  std::unique_ptr<MergeTable> table_;
  std::unique_ptr<Unigram> unigram_;
  bool cuts_ = false;         // words may be searched one by one
  bool drops_blank_ = false;  // in front of a decoded text
};

}  // namespace mx
