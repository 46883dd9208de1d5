// SPDX-License-Identifier: Apache-2.0
// Text to ids and back: what every tokenizer can do. A Tokenizer is immutable and may be used from
// any thread; an Encoder remembers words and belongs to one thread. The result never depends on
// what an Encoder has seen before.
//
// A text goes through four steps: added tokens are found in it, what lies between them is
// normalized, cut into words, and each word into tokens of the vocabulary; the kinds differ in the
// last two. A tokenizer is stored as JSON, which TOKENIZERS.md draws. Tokenizers that are `exact`
// decode to the very bytes that were encoded, whatever they were.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"

namespace mx {

enum class TokenizerKind { byte, character, bpe, wordpiece, pieces };
[[nodiscard]] std::string_view name_of(TokenizerKind kind);  // byte, char, bpe, wordpiece, pieces

// What stands for something that is no text: the end of a document, a mask.
struct SpecialToken {
  std::string text;
  TokenId id = 0;
};
inline constexpr std::string_view kEndOfText = "<|endoftext|>";  // between documents
inline constexpr std::string_view kUnknown = "<|unk|>";          // a char tokenizer's unknown

// What a tokenizer of any kind may have.
struct TokenizerFrame {
  TokenizerFrame() = default;
  TokenizerFrame(const std::vector<SpecialToken>& specials);  // NOLINT(google-explicit-constructor)
  // "special", "added", "normalize", "prepare", "begin", "end", "stops" and "open" of a
  // tokenizer's object.
  explicit TokenizerFrame(JsonObject& object);
  void put(Json& object) const;

  std::vector<AddedToken> added = {};
  Normalizer normalize = {};  // of what lies between added tokens, before the `normalized` ones
  Normalizer prepare = {};    // of what lies between all of them
  std::optional<TokenId> begin = {}, end = {};  // in front of a text, behind a document
  std::vector<TokenId> stops = {};              // where else a text that is written may end
  bool open = false;  // `end` stands behind documents alone, not behind every text
};

class Tokenizer;

class Encoder {
 public:
  explicit Encoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  virtual ~Encoder() = default;
  // Appends the ids of `text`. The texts of special tokens are ordinary text here; added tokens
  // that are not special are found. continued: it goes on from a text that was encoded before, so
  // that nothing is put in front of it.
  void encode(std::string_view text, std::vector<TokenId>& ids, bool continued = false) {
    run(text, false, continued, ids);
  }
  // The same, but the texts of special tokens become their ids. For text whose author is trusted.
  void encode_with_specials(std::string_view text, std::vector<TokenId>& ids) {
    run(text, true, false, ids);
  }
  // How many characters (char, pieces) or words (wordpiece) became the unknown token so far.
  [[nodiscard]] std::uint64_t unknown() const { return unknown_; }

 protected:
  // Appends the ids of a text that is normalized and free of added tokens.
  virtual void encode_part(std::string_view text, std::vector<TokenId>& ids) = 0;
  std::uint64_t unknown_ = 0;

 private:
  void run(std::string_view text, bool specials, bool continued, std::vector<TokenId>& ids);
  void normalize_part(std::string_view text, Place place, bool specials, std::vector<TokenId>& ids);
  void prepare_part(std::string_view text, Place place, std::vector<TokenId>& ids);

  const Tokenizer& tokenizer_;
  std::string normalized_, prepared_;
};

class Tokenizer {
 public:
  // Throws Kind::input for added tokens without text, with one text or one id.
  explicit Tokenizer(TokenizerFrame frame);
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

  // What text becomes that has no token of its own; none where all text has.
  [[nodiscard]] virtual std::optional<TokenId> unknown() const { return std::nullopt; }

  // Special tokens in the order of their ids.
  [[nodiscard]] const std::vector<SpecialToken>& specials() const { return specials_; }
  [[nodiscard]] std::optional<TokenId> special(std::string_view text) const;
  [[nodiscard]] bool is_special(TokenId id) const;
  // Added tokens, special or not, in the order of their ids, and what else frames a text.
  [[nodiscard]] const TokenizerFrame& frame() const { return frame_; }
  // Of frame().added; nullptr when it is none of them.
  [[nodiscard]] const AddedToken* added(TokenId id) const;

  // Appends what `id` stands for, in bytes that may be a part of a character. `first`: nothing was
  // decoded before it. Added tokens give their text, ids without a token nothing. An id of size()
  // or more: Kind::input.
  void append(TokenId id, bool first, std::string& out) const;
  [[nodiscard]] std::string decode(std::span<const TokenId> ids) const;

 protected:
  // As append, for an id below size() that is no added token.
  virtual void append_text(TokenId id, bool first, std::string& out) const = 0;
  // Whether nothing changes a text before it is cut into words.
  [[nodiscard]] bool keeps_bytes() const;
  // Throws Kind::input unless the added tokens' ids are first, first + 1, ...
  void check_added_follow(std::size_t first) const;
  // Throws Kind::input for an id of the frame that is not below size(). For constructors' ends.
  void check_frame() const;

 private:
  friend class Encoder;
  TokenizerFrame frame_;
  std::vector<SpecialToken> specials_;
  AddedMatcher found_, found_normalized_;
};

// What stands in front of a text: what the tokenizer says, else [CLS]; behind a document, and where
// a text that is written ends: what it says, else kEndOfText, else [SEP]. None where there is none.
[[nodiscard]] std::optional<TokenId> begin_token(const Tokenizer& tokenizer);
[[nodiscard]] std::optional<TokenId> end_token(const Tokenizer& tokenizer);

// The ids of `text` with a new encoder: for short texts.
[[nodiscard]] std::vector<TokenId> encode(const Tokenizer& tokenizer, std::string_view text);

// Strict; throws Kind::input with `where` ("the tokenizer of m.mx") in the message.
[[nodiscard]] std::unique_ptr<Tokenizer> tokenizer_from_json(const Json& json,
                                                             const std::string& where);
// These texts with the ids first, first + 1, ...
[[nodiscard]] std::vector<SpecialToken> number_specials(const std::vector<std::string>& texts,
                                                        std::size_t first);

}  // namespace mx
