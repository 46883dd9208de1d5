// SPDX-License-Identifier: Apache-2.0
#include "text/added_tokens.h"

#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "text/unicode.h"

namespace mx {
namespace {

constexpr std::int64_t kMostId = (1 << 24) - 1;

struct Flag {
  std::string_view name;
  bool AddedToken::*value;
};
constexpr Flag kFlags[] = {{"strip_left", &AddedToken::strip_left},
                           {"strip_right", &AddedToken::strip_right},
                           {"single_word", &AddedToken::single_word},
                           {"normalized", &AddedToken::normalized}};

bool in_word(char32_t code) {
  const CharClass kind = class_of(code);
  return code == '_' || kind == CharClass::letter || kind == CharClass::mark ||
         kind == CharClass::number;
}

Character character_before(std::string_view text, std::size_t end) {
  std::size_t begin = end - 1;
  while (begin > 0 && end - begin < 4 && is_continuation(text[begin])) --begin;
  const Character character = decode_character(text, begin);
  return begin + character.size == end ? character : Character{};
}

bool touches_word(std::string_view text, std::size_t begin, std::size_t end) {
  return (begin > 0 && in_word(character_before(text, begin).code)) ||
         (end < text.size() && in_word(decode_character(text, end).code));
}

bool is_space(const Character& character) {
  return character.valid && class_of(character.code) == CharClass::space;
}

}  // namespace

std::vector<AddedToken> added_from_json(JsonObject& object) {
  std::vector<AddedToken> out;
  if (object.has("special")) {
    const Json& json = object.at("special");
    if (!json.is_object() || json.size() > kMostAdded) {
      fail(Kind::input, "{}: 'special' is not an object of tokens and ids", object.where());
    }
    for (const auto& [text, id] : json.items()) {
      if (!id.is_number_integer() || id < 0 || id > kMostId) {
        fail(Kind::input, "{}: the special token '{}' has no valid id", object.where(),
             printable(text));
      }
      out.push_back({.text = text, .id = id.get<TokenId>()});
    }
  }
  if (!object.has("added")) return out;
  const Json& list = object.at("added");
  if (!list.is_array() || list.size() > kMostAdded) {
    fail(Kind::input, "{}: 'added' is not a list of tokens", object.where());
  }
  for (const Json& item : list) {
    JsonObject entry(item, object.where() + ": an added token");
    AddedToken token{.text = entry.text("text"),
                     .id = static_cast<TokenId>(entry.integer("id", 0, kMostId)),
                     .special = entry.boolean_or("special", false)};
    for (const Flag& flag : kFlags) token.*flag.value = entry.boolean_or(flag.name, false);
    entry.finish();
    out.push_back(std::move(token));
  }
  return out;
}

void add_to_json(const std::vector<AddedToken>& added, Json& object) {
  Json special = Json::object(), others = Json::array();
  for (const AddedToken& token : added) {
    Json entry = {{"text", token.text}, {"id", token.id}};
    const std::size_t plain = entry.size();
    for (const Flag& flag : kFlags) {
      if (token.*flag.value) entry[std::string(flag.name)] = true;
    }
    if (token.special && entry.size() == plain) {
      special[token.text] = token.id;
      continue;
    }
    if (token.special) entry["special"] = true;
    others.push_back(std::move(entry));
  }
  if (!special.empty()) object["special"] = std::move(special);
  if (!others.empty()) object["added"] = std::move(others);
}

AddedMatcher::AddedMatcher(std::vector<AddedToken> tokens, std::span<const std::string> texts)
    : tokens_(std::move(tokens)) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (texts[i].size() > kLongest) {
      fail(Kind::input, "an added token has over {} bytes", kLongest);
    }
    if (texts[i].empty()) continue;  // nothing is left of it when it is normalized
    trie_.insert(texts[i], static_cast<std::uint32_t>(i));
    ordinary_ = ordinary_ || !tokens_[i].special;
  }
}

bool AddedMatcher::find(std::string_view text, std::size_t at, bool specials, Match& match) const {
  const std::size_t floor = at;
  while (at < text.size()) {
    const ByteTrie::Found found = trie_.longest(text, at);
    if (found.size == 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[found.value];
    match = {at, at + found.size, token.id};
    at += found.size;
    if ((token.special && !specials) ||
        (token.single_word && touches_word(text, match.begin, match.end))) {
      continue;
    }
    while (token.strip_left && match.begin > floor) {
      const Character before = character_before(text, match.begin);
      if (!is_space(before) || match.begin - floor < before.size) break;
      match.begin -= before.size;
    }
    while (token.strip_right && match.end < text.size()) {
      const Character behind = decode_character(text, match.end);
      if (!is_space(behind)) break;
      match.end += behind.size;
    }
    return true;
  }
  return false;
}

}  // namespace mx
