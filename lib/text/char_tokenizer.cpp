// SPDX-License-Identifier: Apache-2.0
#include "text/char_tokenizer.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "text/utf8.h"

namespace mx {
namespace {

constexpr TokenId kNone = ~TokenId{0};
constexpr std::size_t kQuick = 0x800;  // codes that are looked up in a plain table

class CharEncoder final : public Encoder {
 public:
  explicit CharEncoder(const CharTokenizer& tokenizer)
      : Encoder(tokenizer), tokenizer_(tokenizer), unknown_id_(tokenizer.special(kUnknown)) {
    for (std::size_t code = 0; code < kQuick; ++code) {
      quick_[code] = tokenizer.find(static_cast<char32_t>(code)).value_or(kNone);
    }
  }

 private:
  void encode_part(std::string_view text, std::vector<TokenId>& ids) override {
    ids.reserve(ids.size() + text.size());
    for (std::size_t at = 0; at < text.size();) {
      const Character character = decode_character(text, at);
      at += character.size;
      const TokenId id = character.code < kQuick ? quick_[character.code]
                                                 : tokenizer_.find(character.code).value_or(kNone);
      ids.push_back(id != kNone ? id : unknown(character.code));
    }
  }

  TokenId unknown(char32_t code) {
    if (!unknown_id_) {
      throw Error{Kind::input,
                  fmt::format("the character {} is not among the {} of the char tokenizer",
                              code_point_name(code), tokenizer_.characters().size()),
                  fmt::format("train the tokenizer on text that has it, or with the special token "
                              "{}, or use a byte or bpe tokenizer",
                              kUnknown)};
    }
    ++unknown_;
    return *unknown_id_;
  }

  const CharTokenizer& tokenizer_;
  std::optional<TokenId> unknown_id_;
  std::array<TokenId, kQuick> quick_ = {};
};

}  // namespace

CharTokenizer::CharTokenizer(std::u32string characters, TokenizerFrame frame)
    : Tokenizer(std::move(frame)), characters_(std::move(characters)) {
  for (std::size_t i = 1; i < characters_.size(); ++i) {
    if (characters_[i] <= characters_[i - 1]) {
      fail(Kind::input, "the characters of the char tokenizer are not in ascending order");
    }
  }
  check_added_follow(characters_.size());
  check_frame();
}

std::unique_ptr<Tokenizer> CharTokenizer::from_json(JsonObject& object) {
  const std::string text = object.text("characters");  // valid UTF-8, as all JSON here
  std::u32string characters;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = decode_character(text, at);
    characters.push_back(character.code);
    at += character.size;
  }
  auto tokenizer = std::make_unique<CharTokenizer>(std::move(characters), TokenizerFrame(object));
  object.finish();
  return tokenizer;
}

std::unique_ptr<Encoder> CharTokenizer::encoder() const {
  return std::make_unique<CharEncoder>(*this);
}

Json CharTokenizer::to_json() const {
  std::string text;
  for (const char32_t character : characters_) append_character(character, text);
  Json json = {{"kind", name_of(kind())}, {"characters", text}};
  frame().put(json);
  return json;
}

std::optional<TokenId> CharTokenizer::find(char32_t character) const {
  const auto at = std::lower_bound(characters_.begin(), characters_.end(), character);
  if (at == characters_.end() || *at != character) return std::nullopt;
  return static_cast<TokenId>(at - characters_.begin());
}

void CharTokenizer::append_text(TokenId id, bool, std::string& out) const {
  append_character(characters_[id], out);
}

void CharTrainer::add(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Character character = decode_character(text, at);
    seen_[character.code] = true;
    at += character.size;
  }
}

std::unique_ptr<Tokenizer> CharTrainer::finish() {
  std::u32string characters;
  for (std::size_t code = 0; code < seen_.size(); ++code) {
    if (seen_[code]) characters.push_back(static_cast<char32_t>(code));
  }
  if (characters.empty()) fail(Kind::input, "there is no text to train the tokenizer on");
  const std::size_t first = characters.size();
  return std::make_unique<CharTokenizer>(std::move(characters), number_specials(specials_, first));
}

}  // namespace mx
