// SPDX-License-Identifier: Apache-2.0
// Text to ids and back: what every tokenizer can do. A Tokenizer is immutable and may be used from
// any thread; an Encoder remembers words and belongs to one thread. The result never depends on
// what an Encoder has seen before.
//
// A tokenizer is stored as JSON: its "kind", what it learned, and "special", the special tokens by
// id. Tokenizers that are `exact` decode to the very bytes that were encoded, whatever they were.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mx {

using TokenId = std::uint32_t;

enum class TokenizerKind { byte, character, bpe, wordpiece };
[[nodiscard]] std::string_view name_of(TokenizerKind kind);  // byte, char, bpe, wordpiece

// What stands for something that is no text: the end of a document, a mask.
struct SpecialToken {
  std::string text;
  TokenId id = 0;
};
inline constexpr std::string_view kEndOfText = "<|endoftext|>";  // between documents
inline constexpr std::string_view kUnknown = "<|unk|>";          // a char tokenizer's unknown

class Encoder {
 public:
  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  virtual ~Encoder() = default;
  // Appends the ids of `text`. The texts of special tokens are ordinary text here.
  virtual void encode(std::string_view text, std::vector<TokenId>& ids) = 0;
  // How many characters (char) or words (wordpiece) became the unknown token so far.
  [[nodiscard]] std::uint64_t unknown() const { return unknown_; }

 protected:
  std::uint64_t unknown_ = 0;
};

class Tokenizer {
 public:
  explicit Tokenizer(std::vector<SpecialToken> specials);
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;
  virtual ~Tokenizer() = default;

  [[nodiscard]] virtual TokenizerKind kind() const = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;  // ids are below it
  [[nodiscard]] virtual bool exact() const = 0;
  // Must not outlive the tokenizer. Char: throws Kind::input at a character that is not known when
  // there is no unknown token.
  [[nodiscard]] virtual std::unique_ptr<Encoder> encoder() const = 0;
  [[nodiscard]] virtual Json to_json() const = 0;

  // In the order of their ids.
  [[nodiscard]] const std::vector<SpecialToken>& specials() const { return specials_; }
  [[nodiscard]] std::optional<TokenId> special(std::string_view text) const;
  [[nodiscard]] bool is_special(TokenId id) const;

  // Appends what `id` stands for, in bytes that may be a part of a character. `first`: nothing was
  // decoded before it. Special tokens give their text. An id of size() or more: Kind::input.
  void append(TokenId id, bool first, std::string& out) const;
  [[nodiscard]] std::string decode(std::span<const TokenId> ids) const;

 protected:
  // As append, for an id below size() that is no special token.
  virtual void append_text(TokenId id, bool first, std::string& out) const = 0;
  [[nodiscard]] Json specials_json() const;
  // Throws Kind::input unless the special tokens' ids are first, first + 1, ...
  void check_specials_follow(std::size_t first) const;

 private:
  std::vector<SpecialToken> specials_;
};

// What stands in front of a text, [CLS], and behind a document: kEndOfText, else [SEP]. None where
// the tokenizer has no such token.
[[nodiscard]] std::optional<TokenId> begin_token(const Tokenizer& tokenizer);
[[nodiscard]] std::optional<TokenId> end_token(const Tokenizer& tokenizer);

// The ids of `text` with a new encoder: for short texts.
[[nodiscard]] std::vector<TokenId> encode(const Tokenizer& tokenizer, std::string_view text);
// As Encoder::encode, but the texts of special tokens become their ids (the longest where several
// match). For text whose author is trusted.
void encode_with_specials(const Tokenizer& tokenizer, Encoder& encoder, std::string_view text,
                          std::vector<TokenId>& ids);

// Strict; throws Kind::input with `where` ("the tokenizer of m.mx") in the message.
[[nodiscard]] std::unique_ptr<Tokenizer> tokenizer_from_json(const Json& json,
                                                             const std::string& where);
// These texts with the ids first, first + 1, ...
[[nodiscard]] std::vector<SpecialToken> number_specials(const std::vector<std::string>& texts,
                                                        std::size_t first);
// "special" of a tokenizer's object: texts to ids, ids all different. None when it is missing.
[[nodiscard]] std::vector<SpecialToken> specials_from_json(JsonObject& object);

}  // namespace mx
