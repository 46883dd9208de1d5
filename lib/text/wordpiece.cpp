// SPDX-License-Identifier: Apache-2.0
#include "text/wordpiece.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "text/bert_words.h"
#include "text/utf8.h"
#include "text/word_cache.h"

namespace mx {
namespace {

constexpr std::string_view kInside = "##", kUnknownWord = "[UNK]";
constexpr std::size_t kMostCharacters = 100;

std::vector<SpecialToken> find_specials(const std::vector<std::string>& tokens,
                                        const std::vector<std::string>& specials) {
  std::vector<SpecialToken> found;
  for (const std::string& text : specials) {
    const auto at = std::find(tokens.begin(), tokens.end(), text);
    if (at == tokens.end()) {
      fail(Kind::input, "the wordpiece vocabulary lacks the special token '{}'", printable(text));
    }
    found.push_back({text, static_cast<TokenId>(at - tokens.begin())});
  }
  return found;
}

class WordPieceEncoder final : public Encoder {
 public:
  explicit WordPieceEncoder(const WordPieceTokenizer& tokenizer) : tokenizer_(tokenizer) {}

  void encode(std::string_view text, std::vector<TokenId>& ids) override {
    bert_words(text, tokenizer_.lowercase(), words_);
    std::string_view left = words_;
    while (!left.empty()) {
      const std::size_t size = left.find(' ');
      const std::size_t before = ids.size();
      cache_.append(left.substr(0, size), ids,
                    [this](std::string_view unseen, std::vector<TokenId>& out) {
                      tokenizer_.encode_word(unseen, out);
                    });
      if (ids.size() == before + 1 && ids.back() == tokenizer_.unknown_id()) ++unknown_;
      left.remove_prefix(size + 1);
    }
  }

 private:
  const WordPieceTokenizer& tokenizer_;
  WordCache cache_;
  std::string words_;
};

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(std::vector<std::string> tokens, bool lowercase,
                                       const std::vector<std::string>& specials)
    : Tokenizer(find_specials(tokens, specials)),
      tokens_(std::move(tokens)),
      lowercase_(lowercase) {
  for (std::size_t id = 0; id < tokens_.size(); ++id) {
    const std::string_view token = tokens_[id];
    const bool inside = token.starts_with(kInside) && token.size() > kInside.size();
    const std::string_view key = inside ? token.substr(kInside.size()) : token;
    if (token.empty() ||
        !(inside ? continues_ : begins_).emplace(key, static_cast<TokenId>(id)).second) {
      fail(Kind::input, "the wordpiece vocabulary's token {} ('{}') is empty or stands twice", id,
           printable(token));
    }
    longest_ = std::max(longest_, key.size());
  }
  const std::optional<TokenId> unknown = special(kUnknownWord);
  if (!unknown) {
    fail(Kind::input, "the wordpiece vocabulary lacks the special token '{}'", kUnknownWord);
  }
  unknown_ = *unknown;
  for (const SpecialToken& token : this->specials()) {  // text never becomes a special token
    begins_.erase(token.text);
  }
}

std::unique_ptr<Tokenizer> WordPieceTokenizer::from_json(JsonObject& object) {
  std::vector<std::string> tokens = object.texts("tokens"), specials;
  const bool lowercase = object.boolean("lowercase");
  for (const SpecialToken& token : specials_from_json(object)) {
    if (token.id >= tokens.size() || tokens[token.id] != token.text) {
      fail(Kind::input, "{}: the special token '{}' is not token {}", object.where(),
           printable(token.text), token.id);
    }
    specials.push_back(token.text);
  }
  object.finish();
  return std::make_unique<WordPieceTokenizer>(std::move(tokens), lowercase, specials);
}

std::unique_ptr<Encoder> WordPieceTokenizer::encoder() const {
  return std::make_unique<WordPieceEncoder>(*this);
}

Json WordPieceTokenizer::to_json() const {
  return {{"kind", name_of(kind())},
          {"lowercase", lowercase_},
          {"tokens", tokens_},
          {"special", specials_json()}};
}

void WordPieceTokenizer::encode_word(std::string_view word, std::vector<TokenId>& ids) const {
  const std::size_t before = ids.size();
  const auto characters =
      std::count_if(word.begin(), word.end(), [](char byte) { return !is_continuation(byte); });
  bool covered = characters <= static_cast<std::ptrdiff_t>(kMostCharacters);
  for (std::size_t at = 0; covered && at < word.size();) {
    const auto& known = at == 0 ? begins_ : continues_;
    std::size_t size = std::min(longest_, word.size() - at);
    for (; size > 0; --size) {
      if (at + size < word.size() && is_continuation(word[at + size])) continue;
      const auto found = known.find(word.substr(at, size));
      if (found == known.end()) continue;
      ids.push_back(found->second);
      break;
    }
    covered = size > 0;
    at += size;
  }
  if (covered) return;
  ids.resize(before);
  ids.push_back(unknown_);
}

void WordPieceTokenizer::append_text(TokenId id, bool first, std::string& out) const {
  const std::string_view token = tokens_[id];
  if (token.starts_with(kInside) && token.size() > kInside.size()) {
    out += token.substr(kInside.size());
    return;
  }
  if (!first) out.push_back(' ');
  out += token;
}

}  // namespace mx
