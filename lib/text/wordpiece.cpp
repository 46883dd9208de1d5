// SPDX-License-Identifier: Apache-2.0
#include "text/wordpiece.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "text/bert_words.h"
#include "text/packed_lists.h"
#include "text/utf8.h"
#include "text/word_cache.h"

namespace mx {
namespace {

class WordPieceEncoder final : public Encoder {
 public:
  explicit WordPieceEncoder(const WordPieceTokenizer& tokenizer)
      : Encoder(tokenizer), tokenizer_(tokenizer) {}

 private:
  void encode_part(std::string_view text, std::vector<TokenId>& ids) override {
    bert_words(text, tokenizer_.rules().folding, words_);
    std::string_view left = words_;
    while (!left.empty()) {
      const std::size_t size = left.find(' ');
      const std::size_t before = ids.size();
      cache_.append(left.substr(0, size), ids,
                    [this](std::string_view unseen, std::vector<TokenId>& out) {
                      tokenizer_.encode_word(unseen, out);
                    });
      if (ids.size() == before + 1 && ids.back() == tokenizer_.unknown()) ++unknown_;
      left.remove_prefix(size + 1);
    }
  }

  const WordPieceTokenizer& tokenizer_;
  WordCache cache_;
  std::string words_;
};

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(WordPieceRules rules, TokenizerFrame frame)
    : Tokenizer(std::move(frame)), rules_(std::move(rules)) {
  if (rules_.inside.empty()) fail(Kind::input, "the wordpiece tokenizer has no mark of insides");
  std::unordered_set<std::string_view> texts, specials;  // text never becomes a special token
  for (const SpecialToken& token : this->specials()) specials.insert(token.text);
  bool known = false;
  for (std::size_t id = 0; id < size(); ++id) {
    const std::string_view token = rules_.tokens[id];
    if (token.empty()) continue;
    if (!texts.insert(token).second) {
      fail(Kind::input, "the wordpiece vocabulary's token {} ('{}') stands twice", id,
           printable(token));
    }
    if (is_inside(token)) {
      continues_.insert(token.substr(rules_.inside.size()), static_cast<TokenId>(id));
    } else if (!specials.contains(token)) {
      begins_.insert(token, static_cast<TokenId>(id));
    }
    if (token != rules_.unknown) continue;
    unknown_ = static_cast<TokenId>(id);
    known = true;
  }
  if (const std::optional<TokenId> unknown = special(rules_.unknown); unknown && !known) {
    unknown_ = *unknown;
    known = true;
  }
  if (!known) {
    fail(Kind::input, "the wordpiece vocabulary lacks the special token '{}'",
         printable(rules_.unknown));
  }
  check_frame();
  for (const AddedToken& token : this->frame().added) {
    const std::string& text = rules_.tokens[token.id];
    if (!text.empty() && text != token.text) {
      fail(Kind::input, "the special token '{}' is not token {}", printable(token.text), token.id);
    }
  }
}

bool WordPieceTokenizer::is_inside(std::string_view token) const {
  return token.starts_with(rules_.inside) && token.size() > rules_.inside.size();
}

std::unique_ptr<Tokenizer> WordPieceTokenizer::from_json(JsonObject& object) {
  constexpr std::int64_t kMostCharacters = 4096;
  WordPieceRules rules{.tokens = texts_from_list(object, "tokens")};
  rules.folding.lowercase = object.boolean("lowercase");
  rules.folding.strip_accents = object.boolean_or("strip_accents", rules.folding.lowercase);
  rules.unknown = object.text_or("unknown", rules.unknown);
  rules.inside = object.text_or("inside", rules.inside);
  rules.longest = static_cast<std::size_t>(
      object.integer_or("longest", 1, kMostCharacters, static_cast<std::int64_t>(rules.longest)));
  TokenizerFrame frame(object);
  object.finish();
  return std::make_unique<WordPieceTokenizer>(std::move(rules), std::move(frame));
}

std::unique_ptr<Encoder> WordPieceTokenizer::encoder() const {
  return std::make_unique<WordPieceEncoder>(*this);
}

Json WordPieceTokenizer::to_json() const {
  const WordPieceRules usual;
  const BertFolding& folding = rules_.folding;
  Json json = {{"kind", name_of(kind())}, {"lowercase", folding.lowercase}};
  if (folding.strip_accents != folding.lowercase) json["strip_accents"] = folding.strip_accents;
  if (rules_.unknown != usual.unknown) json["unknown"] = rules_.unknown;
  if (rules_.inside != usual.inside) json["inside"] = rules_.inside;
  if (rules_.longest != usual.longest) json["longest"] = rules_.longest;
  json["tokens"] = list_json(rules_.tokens);
  frame().put(json);
  return json;
}

void WordPieceTokenizer::encode_word(std::string_view word, std::vector<TokenId>& ids) const {
  const std::size_t before = ids.size();
  const auto characters =
      std::count_if(word.begin(), word.end(), [](char byte) { return !is_continuation(byte); });
  bool covered = characters <= static_cast<std::ptrdiff_t>(rules_.longest);
  for (std::size_t at = 0; covered && at < word.size();) {
    const ByteTrie::Found found = (at == 0 ? begins_ : continues_).longest(word, at);
    covered = found.size > 0;
    if (covered) ids.push_back(found.value);
    at += found.size;
  }
  if (covered) return;
  ids.resize(before);
  ids.push_back(unknown_);
}

void WordPieceTokenizer::append_text(TokenId id, bool first, std::string& out) const {
  const std::string_view token = rules_.tokens[id];
  if (token.empty()) return;
  if (is_inside(token)) {
    out += token.substr(rules_.inside.size());
    return;
  }
  if (!first) out.push_back(' ');
  out += token;
}

}  // namespace mx
