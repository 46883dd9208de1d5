// SPDX-License-Identifier: Apache-2.0
#include "text/tokenizer.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/checked.h"
#include "base/error.h"
#include "base/words.h"
#include "text/bpe.h"
#include "text/byte_tokenizer.h"
#include "text/char_tokenizer.h"
#include "text/pieces.h"
#include "text/wordpiece.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"byte", "char", "bpe", "wordpiece", "pieces"};
constexpr std::int64_t kMostId = (1 << 24) - 1;
constexpr std::size_t kMostStops = 1024;

}  // namespace

std::string_view name_of(TokenizerKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

TokenizerFrame::TokenizerFrame(const std::vector<SpecialToken>& specials) {
  for (const auto& [text, id] : specials) added.push_back({.text = text, .id = id});
}

TokenizerFrame::TokenizerFrame(JsonObject& object) : added(added_from_json(object)) {
  if (object.has("normalize")) normalize = Normalizer(object.at("normalize"), object.where());
  if (object.has("prepare")) prepare = Normalizer(object.at("prepare"), object.where());
  const auto id = [&](std::string_view key) -> std::optional<TokenId> {
    if (!object.has(key)) return std::nullopt;
    return static_cast<TokenId>(object.integer(key, 0, kMostId));
  };
  begin = id("begin");
  end = id("end");
  open = object.boolean_or("open", false);
  if (object.has("stops")) {
    for (const std::int64_t stop : object.integers("stops", 0, kMostId)) {
      stops.push_back(static_cast<TokenId>(stop));
    }
  }
}

void TokenizerFrame::put(Json& object) const {
  if (!normalize.empty()) object["normalize"] = normalize.to_json();
  if (!prepare.empty()) object["prepare"] = prepare.to_json();
  add_to_json(added, object);
  if (begin) object["begin"] = *begin;
  if (end) object["end"] = *end;
  if (!stops.empty()) object["stops"] = stops;
  if (open) object["open"] = true;
}

Tokenizer::Tokenizer(TokenizerFrame frame) : frame_(std::move(frame)) {
  std::vector<AddedToken>& added = frame_.added;
  if (added.size() > kMostAdded) fail(Kind::input, "there are over {} added tokens", kMostAdded);
  if (frame_.stops.size() > kMostStops) {
    fail(Kind::input, "there are over {} tokens at which a text may end", kMostStops);
  }
  std::ranges::sort(added, {}, &AddedToken::id);
  std::unordered_set<std::string_view> texts;
  std::vector<AddedToken> raw, normalized;
  std::vector<std::string> raw_texts, normalized_texts;
  for (std::size_t i = 0; i < added.size(); ++i) {
    const AddedToken& token = added[i];
    if (token.text.empty()) fail(Kind::input, "a special token has no text");
    if (i > 0 && token.id == added[i - 1].id) {
      fail(Kind::input, "two special tokens have the id {}", token.id);
    }
    if (!texts.insert(token.text).second) {
      fail(Kind::input, "the special token '{}' stands twice", printable(token.text));
    }
    if (token.special) specials_.push_back({token.text, token.id});
    std::string text = token.text;
    if (token.normalized) frame_.normalize.apply(text, Place::start, AddedMatcher::kLongest);
    (token.normalized ? normalized : raw).push_back(token);
    (token.normalized ? normalized_texts : raw_texts).push_back(std::move(text));
  }
  found_ = AddedMatcher(std::move(raw), raw_texts);
  found_normalized_ = AddedMatcher(std::move(normalized), normalized_texts);
}

std::optional<TokenId> Tokenizer::special(std::string_view text) const {
  for (const SpecialToken& token : specials_) {
    if (token.text == text) return token.id;
  }
  return std::nullopt;
}

const AddedToken* Tokenizer::added(TokenId id) const {
  const auto found = std::ranges::lower_bound(frame_.added, id, {}, &AddedToken::id);
  return found != frame_.added.end() && found->id == id ? &*found : nullptr;
}

bool Tokenizer::is_special(TokenId id) const {
  const AddedToken* const token = added(id);
  return token != nullptr && token->special;
}

void Tokenizer::append(TokenId id, bool first, std::string& out) const {
  if (id >= size()) {
    fail(Kind::input, "there is no token {}: the vocabulary has {}", id, size());
  }
  if (const AddedToken* const token = added(id)) {
    out += token->text;
  } else {
    append_text(id, first, out);
  }
}

std::string Tokenizer::decode(std::span<const TokenId> ids) const {
  std::string out;
  for (std::size_t i = 0; i < ids.size(); ++i) append(ids[i], i == 0, out);
  return out;
}

bool Tokenizer::keeps_bytes() const {
  return frame_.normalize.empty() && frame_.prepare.empty() &&
         std::ranges::none_of(frame_.added, [](const AddedToken& token) {
           return !token.special && (token.strip_left || token.strip_right);
         });
}

void Tokenizer::check_added_follow(std::size_t first) const {
  for (std::size_t i = 0; i < frame_.added.size(); ++i) {
    if (frame_.added[i].id != first + i) {
      fail(Kind::input, "the {} tokenizer's special tokens do not have the ids from {} on",
           name_of(kind()), first);
    }
  }
}

void Tokenizer::check_frame() const {
  const auto check = [&](TokenId id) {
    if (id >= size()) {
      fail(Kind::input, "the tokenizer's {} tokens have no id {}, which stands for something",
           size(), id);
    }
  };
  if (!frame_.added.empty()) check(frame_.added.back().id);
  if (frame_.begin) check(*frame_.begin);
  if (frame_.end) check(*frame_.end);
  for (const TokenId stop : frame_.stops) check(stop);
}

void Encoder::run(std::string_view text, bool specials, bool continued, std::vector<TokenId>& ids) {
  const AddedMatcher& matcher = tokenizer_.found_;
  std::size_t at = 0;
  const auto part = [&](std::size_t end) {
    const Place place = at > 0 ? Place::inside : continued ? Place::continued : Place::start;
    normalize_part(text.substr(at, end - at), place, specials, ids);
  };
  AddedMatcher::Match match;
  while (matcher.any(specials) && matcher.find(text, at, specials, match)) {
    part(match.begin);
    ids.push_back(match.id);
    at = match.end;
  }
  part(text.size());
}

void Encoder::normalize_part(std::string_view text, Place place, bool specials,
                             std::vector<TokenId>& ids) {
  if (text.empty()) return;
  const TokenizerFrame& frame = tokenizer_.frame_;
  if (!frame.normalize.empty()) {
    normalized_ = text;
    frame.normalize.apply(normalized_, place);
    text = normalized_;
  }
  const AddedMatcher& matcher = tokenizer_.found_normalized_;
  std::size_t at = 0;
  AddedMatcher::Match match;
  while (matcher.any(specials) && matcher.find(text, at, specials, match)) {
    prepare_part(text.substr(at, match.begin - at), at > 0 ? Place::inside : place, ids);
    ids.push_back(match.id);
    at = match.end;
  }
  prepare_part(text.substr(at), at > 0 ? Place::inside : place, ids);
}

void Encoder::prepare_part(std::string_view text, Place place, std::vector<TokenId>& ids) {
  if (text.empty()) return;
  const Normalizer& prepare = tokenizer_.frame_.prepare;
  if (prepare.empty()) return encode_part(text, ids);
  prepared_ = text;
  prepare.apply(prepared_, place);
  encode_part(prepared_, ids);
}

std::optional<TokenId> begin_token(const Tokenizer& tokenizer) {
  const std::optional<TokenId> begin = tokenizer.frame().begin;
  return begin ? begin : tokenizer.special("[CLS]");
}

std::optional<TokenId> end_token(const Tokenizer& tokenizer) {
  std::optional<TokenId> end = tokenizer.frame().end;
  if (!end) end = tokenizer.special(kEndOfText);
  return end ? end : tokenizer.special("[SEP]");
}

std::vector<TokenId> encode(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<TokenId> ids;
  tokenizer.encoder()->encode(text, ids);
  return ids;
}

std::unique_ptr<Tokenizer> tokenizer_from_json(const Json& json, const std::string& where) {
  JsonObject object(json, where);
  const std::string kind = object.text("kind");
  if (kind == kNames[0]) return ByteTokenizer::from_json(object);
  if (kind == kNames[1]) return CharTokenizer::from_json(object);
  if (kind == kNames[2]) return BpeTokenizer::from_json(object);
  if (kind == kNames[3]) return WordPieceTokenizer::from_json(object);
  if (kind == kNames[4]) return PieceTokenizer::from_json(object);
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

}  // namespace mx
