// SPDX-License-Identifier: Apache-2.0
// WordPiece as BERT uses it: words (text/bert_words.h) are covered from the left by the longest
// tokens of the vocabulary; tokens inside a word are written with "##" before them. A word that
// cannot be covered, or has over 100 characters, is [UNK] (the marks and the number may be others).
// Not exact: case, blanks and accents are lost, and decoding puts one blank between words.
#pragma once

#include "text/bert_words.h"
#include "text/tokenizer.h"
#include "text/trie.h"

namespace mx {

struct WordPieceRules {
  std::vector<std::string> tokens;  // by id; special ones may stand there, too; empty: no word
  BertFolding folding = {};
  std::string unknown = "[UNK]", inside = "##";
  std::size_t longest = 100;  // characters of a word that is not unknown
};

class WordPieceTokenizer final : public Tokenizer {
 public:
  // Throws Kind::input without the unknown token, for doubles, and for added tokens whose ids are
  // another token's.
  WordPieceTokenizer(WordPieceRules rules, TokenizerFrame frame);
  WordPieceTokenizer(const WordPieceTokenizer&) = delete;
  [[nodiscard]] static std::unique_ptr<Tokenizer> from_json(JsonObject& object);

  [[nodiscard]] TokenizerKind kind() const override { return TokenizerKind::wordpiece; }
  [[nodiscard]] std::size_t size() const override { return rules_.tokens.size(); }
  [[nodiscard]] bool exact() const override { return false; }
  [[nodiscard]] std::unique_ptr<Encoder> encoder() const override;
  [[nodiscard]] Json to_json() const override;
  [[nodiscard]] const WordPieceRules& rules() const { return rules_; }
  [[nodiscard]] std::optional<TokenId> unknown() const override { return unknown_; }
  // Appends the ids of one word.
  void encode_word(std::string_view word, std::vector<TokenId>& ids) const;

 private:
  void append_text(TokenId id, bool first, std::string& out) const override;
  [[nodiscard]] bool is_inside(std::string_view token) const;

  WordPieceRules rules_;
  TokenId unknown_ = 0;
  ByteTrie begins_, continues_;  // the latter without ##
};

}  // namespace mx
