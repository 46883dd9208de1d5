// SPDX-License-Identifier: Apache-2.0
// WordPiece as BERT uses it: words (text/bert_words.h) are covered from the left by the longest
// tokens of the vocabulary; tokens inside a word are written with "##" before them. A word that
// cannot be covered, or has over 100 characters, is [UNK]. Not exact: case, blanks and accents are
// lost, and decoding puts one blank between words.
#pragma once

#include <unordered_map>

#include "text/tokenizer.h"

namespace mx {

class WordPieceTokenizer final : public Tokenizer {
 public:
  // `tokens` by id, special ones included; `specials` names those among them that are special.
  // Throws Kind::input without [UNK], and for doubles.
  WordPieceTokenizer(std::vector<std::string> tokens, bool lowercase,
                     const std::vector<std::string>& specials);
  WordPieceTokenizer(const WordPieceTokenizer&) = delete;
  [[nodiscard]] static std::unique_ptr<Tokenizer> from_json(JsonObject& object);

  [[nodiscard]] TokenizerKind kind() const override { return TokenizerKind::wordpiece; }
  [[nodiscard]] std::size_t size() const override { return tokens_.size(); }
  [[nodiscard]] bool exact() const override { return false; }
  [[nodiscard]] std::unique_ptr<Encoder> encoder() const override;
  [[nodiscard]] Json to_json() const override;
  [[nodiscard]] bool lowercase() const { return lowercase_; }
  [[nodiscard]] const std::vector<std::string>& tokens() const { return tokens_; }
  [[nodiscard]] TokenId unknown_id() const { return unknown_; }
  // Appends the ids of one word.
  void encode_word(std::string_view word, std::vector<TokenId>& ids) const;

 private:
  void append_text(TokenId id, bool first, std::string& out) const override;

  std::vector<std::string> tokens_;
  bool lowercase_;
  TokenId unknown_ = 0;
  std::unordered_map<std::string_view, TokenId> begins_, continues_;  // the latter without ##
  std::size_t longest_ = 0;                                           // bytes of a token
};

}  // namespace mx
