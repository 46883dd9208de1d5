// SPDX-License-Identifier: Apache-2.0
#include "text/tokenizer.h"

#include <algorithm>
#include <array>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "text/bpe.h"
#include "text/byte_tokenizer.h"
#include "text/char_tokenizer.h"
#include "text/wordpiece.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"byte", "char", "bpe", "wordpiece"};

}  // namespace

std::string_view name_of(TokenizerKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

Tokenizer::Tokenizer(std::vector<SpecialToken> specials) : specials_(std::move(specials)) {
  std::sort(specials_.begin(), specials_.end(),
            [](const SpecialToken& a, const SpecialToken& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < specials_.size(); ++i) {
    if (specials_[i].text.empty()) fail(Kind::input, "a special token has no text");
    if (i > 0 && specials_[i].id == specials_[i - 1].id) {
      fail(Kind::input, "two special tokens have the id {}", specials_[i].id);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (specials_[i].text == specials_[j].text) {
        fail(Kind::input, "the special token '{}' stands twice", printable(specials_[i].text));
      }
    }
  }
}

std::optional<TokenId> Tokenizer::special(std::string_view text) const {
  for (const SpecialToken& token : specials_) {
    if (token.text == text) return token.id;
  }
  return std::nullopt;
}

bool Tokenizer::is_special(TokenId id) const {
  return std::any_of(specials_.begin(), specials_.end(),
                     [id](const SpecialToken& token) { return token.id == id; });
}

void Tokenizer::append(TokenId id, bool first, std::string& out) const {
  if (id >= size()) {
    fail(Kind::input, "there is no token {}: the vocabulary has {}", id, size());
  }
  for (const SpecialToken& token : specials_) {
    if (token.id == id) {
      out += token.text;
      return;
    }
  }
  append_text(id, first, out);
}

std::string Tokenizer::decode(std::span<const TokenId> ids) const {
  std::string out;
  for (std::size_t i = 0; i < ids.size(); ++i) append(ids[i], i == 0, out);
  return out;
}

Json Tokenizer::specials_json() const {
  Json json = Json::object();
  for (const SpecialToken& token : specials_) json[token.text] = token.id;
  return json;
}

void Tokenizer::check_specials_follow(std::size_t first) const {
  for (std::size_t i = 0; i < specials_.size(); ++i) {
    if (specials_[i].id != first + i) {
      fail(Kind::input, "the {} tokenizer's special tokens do not have the ids from {} on",
           name_of(kind()), first);
    }
  }
}

std::optional<TokenId> begin_token(const Tokenizer& tokenizer) {
  return tokenizer.special("[CLS]");
}

std::optional<TokenId> end_token(const Tokenizer& tokenizer) {
  const std::optional<TokenId> end = tokenizer.special(kEndOfText);
  return end ? end : tokenizer.special("[SEP]");
}

std::vector<TokenId> encode(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<TokenId> ids;
  tokenizer.encoder()->encode(text, ids);
  return ids;
}

void encode_with_specials(const Tokenizer& tokenizer, Encoder& encoder, std::string_view text,
                          std::vector<TokenId>& ids) {
  while (!text.empty()) {
    std::size_t at = text.size();
    const SpecialToken* found = nullptr;
    for (const SpecialToken& token : tokenizer.specials()) {
      const std::size_t place = text.find(token.text);
      if (place == std::string_view::npos || place > at) continue;
      if (found == nullptr || place < at || token.text.size() > found->text.size()) {
        at = place;
        found = &token;
      }
    }
    encoder.encode(text.substr(0, at), ids);
    if (found == nullptr) return;
    ids.push_back(found->id);
    text.remove_prefix(at + found->text.size());
  }
}

std::unique_ptr<Tokenizer> tokenizer_from_json(const Json& json, const std::string& where) {
  JsonObject object(json, where);
  const std::string kind = object.text("kind");
  if (kind == kNames[0]) return ByteTokenizer::from_json(object);
  if (kind == kNames[1]) return CharTokenizer::from_json(object);
  if (kind == kNames[2]) return BpeTokenizer::from_json(object);
  if (kind == kNames[3]) return WordPieceTokenizer::from_json(object);
  fail(Kind::input, "{}: the tokenizer's kind '{}' is not known", where, printable(kind));
}

std::vector<SpecialToken> number_specials(const std::vector<std::string>& texts,
                                          std::size_t first) {
  std::vector<SpecialToken> specials;
  for (const std::string& text : texts) {
    specials.push_back({text, narrow<TokenId>(first + specials.size(), "a special token's id")});
  }
  return specials;
}

std::vector<SpecialToken> specials_from_json(JsonObject& object) {
  std::vector<SpecialToken> specials;
  if (!object.has("special")) return specials;
  const Json& json = object.at("special");
  if (!json.is_object() || json.size() > 1024) {
    fail(Kind::input, "{}: 'special' is not an object of tokens and ids", object.where());
  }
  for (const auto& [text, id] : json.items()) {
    if (!id.is_number_integer() || id < 0 || id >= (1 << 24)) {
      fail(Kind::input, "{}: the special token '{}' has no valid id", object.where(),
           printable(text));
    }
    specials.push_back({text, id.get<TokenId>()});
  }
  return specials;
}

}  // namespace mx
