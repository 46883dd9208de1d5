// SPDX-License-Identifier: Apache-2.0
#include "text/bpe.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "text/packed_lists.h"
#include "text/word_cache.h"

namespace mx {
namespace {

constexpr std::size_t kMostBytes = 64U << 20U;  // of all tokens together
constexpr TokenId kMostId = 1 << 24;
constexpr std::int64_t kMostSize = 1 << 22;  // where ids may be without a token

class BpeEncoder final : public Encoder {
 public:
  explicit BpeEncoder(const BpeTokenizer& tokenizer) : Encoder(tokenizer), tokenizer_(tokenizer) {}

 private:
  void encode_part(std::string_view text, std::vector<TokenId>& ids) override {
    Splitter words(tokenizer_.rules().split, text);
    std::string_view word;
    while (words.next(word)) {
      cache_.append(word, ids, [this](std::string_view unseen, std::vector<TokenId>& out) {
        tokenizer_.encode_word(unseen, out);
      });
    }
  }

  const BpeTokenizer& tokenizer_;
  WordCache cache_;
};

std::array<TokenId, 256> bytes_from_json(JsonObject& object) {
  if (!object.has("bytes")) return gpt2_byte_ids();
  const std::vector<std::int64_t> given = object.integers("bytes", 0, kMostId);
  if (given.size() != 256) fail(Kind::input, "{}: 'bytes' is not 256 ids", object.where());
  std::array<TokenId, 256> ids = {};
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<TokenId>(given[i]);
  return ids;
}

std::vector<BpeMerge> merges_from_json(JsonObject& object) {
  const std::vector<TokenId> flat = ids_from_list(object, "merges", kMostId);
  if (flat.size() % 2 != 0) fail(Kind::input, "{}: 'merges' are not pairs", object.where());
  std::vector<TokenId> results;
  if (object.has("results")) {
    results = ids_from_list(object, "results", kMostId);
    if (results.size() != flat.size() / 2) {
      fail(Kind::input, "{}: 'results' has not one id per merge", object.where());
    }
  }
  std::vector<BpeMerge> merges(flat.size() / 2);
  for (std::size_t i = 0; i < merges.size(); ++i) {
    merges[i] = {flat[2 * i], flat[2 * i + 1],
                 results.empty() ? static_cast<TokenId>(256 + i) : results[i]};
  }
  return merges;
}

std::vector<std::pair<std::string, TokenId>> others_from_json(JsonObject& object) {
  std::vector<std::pair<std::string, TokenId>> out;
  if (!object.has("others")) return out;
  const Json& others = object.at("others");
  if (!others.is_object()) fail(Kind::input, "{}: 'others' is not an object", object.where());
  for (const auto& [letters, id] : others.items()) {
    std::optional<std::string> bytes = gpt2_bytes(letters);
    if (!bytes || !id.is_number_integer() || id < 0 || id > kMostId) {
      fail(Kind::input, "{}: the token '{}' is none", object.where(), printable(letters));
    }
    out.emplace_back(std::move(*bytes), id.get<TokenId>());
  }
  return out;
}

// The bytes of each id: what BpeTokenizer checks of the rules.
class Tokens {
 public:
  Tokens(const BpeRules& rules, const TokenizerFrame& frame)
      : texts_(rules.size > 0
                   ? rules.size
                   : 256 + rules.merges.size() + rules.others.size() + frame.added.size()),
        taken_(texts_.size()) {
    for (const AddedToken& token : frame.added) {
      if (token.id < taken_.size()) taken_[token.id] = &token;
    }
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if (known(rules.bytes[byte])) {
        fail(Kind::input, "the bpe tokenizer gives two bytes the id {}", rules.bytes[byte]);
      }
      define(rules.bytes[byte], std::string(1, static_cast<char>(static_cast<std::uint8_t>(byte))));
    }
    for (const auto& [left, right, result] : rules.merges) {
      if (!known(left) || !known(right)) {
        fail(Kind::input, "the bpe tokenizer merges {} and {} before it knows them", left, right);
      }
      define(result, texts_[left] + texts_[right]);
    }
    for (const auto& [text, id] : rules.others) define(id, text);
    if (rules.size == 0) check_dense();
  }
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  [[nodiscard]] bool known(std::size_t id) const {
    return id < texts_.size() && !texts_[id].empty();
  }
  void define(TokenId id, std::string text) {
    total_ += text.size();
    if (text.size() > BpeTokenizer::kLongest || total_ > kMostBytes) {
      fail(Kind::input, "the bpe tokenizer's token {} is too long", id);
    }
    // A word that was added may also be what merges make.
    const bool free = id < taken_.size() &&
                      (taken_[id] == nullptr || (!taken_[id]->special && taken_[id]->text == text));
    if (!free || (known(id) && texts_[id] != text) || text.empty()) {
      fail(Kind::input, "the bpe tokenizer's id {} is out of range or given twice", id);
    }
    texts_[id] = std::move(text);  // two merges may end in the same token
  }
  // Fewer ids than there is room for when merges share them.
  void check_dense() {
    std::size_t count = 0;
    while (count < texts_.size() && (known(count) || taken_[count] != nullptr)) ++count;
    for (std::size_t id = count; id < texts_.size(); ++id) {
      if (known(id) || taken_[id] != nullptr) {
        fail(Kind::input, "the bpe tokenizer's ids leave a gap at {}", count);
      }
    }
    texts_.resize(count);
  }

  std::vector<std::string> texts_;
  std::vector<const AddedToken*> taken_;
  std::size_t total_ = 0;
};

}  // namespace

BpeTokenizer::BpeTokenizer(BpeRules rules, TokenizerFrame frame)
    : Tokenizer(std::move(frame)), rules_(std::move(rules)), table_(rules_.merges) {
  if (rules_.split.size() > Splitter::kMost) {
    fail(Kind::input, "the bpe tokenizer splits text in over {} ways", Splitter::kMost);
  }
  const Tokens tokens(rules_, this->frame());
  offsets_.reserve(tokens.texts().size() + 1);
  offsets_.push_back(0);
  for (const std::string& token : tokens.texts()) {
    bytes_ += token;
    offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  }
  check_frame();
  if (!rules_.whole) return;
  whole_.reserve(size());
  for (TokenId id = 0; id < size(); ++id) {
    if (!bytes_of(id).empty()) whole_.emplace(bytes_of(id), id);
  }
}

std::unique_ptr<Tokenizer> BpeTokenizer::from_json(JsonObject& object) {
  BpeRules rules{.bytes = bytes_from_json(object),
                 .merges = merges_from_json(object),
                 .whole = object.boolean_or("whole", false),
                 .others = others_from_json(object),
                 .size = static_cast<std::size_t>(object.integer_or("size", 1, kMostSize, 0))};
  if (object.has("split")) rules.split = splits_from_json(object.at("split"), object.where());
  TokenizerFrame frame(object);
  object.finish();
  return std::make_unique<BpeTokenizer>(std::move(rules), std::move(frame));
}

std::unique_ptr<Encoder> BpeTokenizer::encoder() const {
  return std::make_unique<BpeEncoder>(*this);
}

Json BpeTokenizer::to_json() const {
  Json json = {{"kind", name_of(kind())}};
  if (rules_.split != Splits{Split::gpt2}) json["split"] = splits_json(rules_.split);
  if (rules_.whole) json["whole"] = true;
  if (rules_.size > 0) json["size"] = rules_.size;
  if (rules_.bytes != gpt2_byte_ids()) json["bytes"] = rules_.bytes;
  std::vector<TokenId> flat, results;
  Json others = Json::object();
  bool usual = true;
  for (std::size_t i = 0; i < rules_.merges.size(); ++i) {
    const auto [left, right, result] = rules_.merges[i];
    flat.push_back(left);
    flat.push_back(right);
    results.push_back(result);
    usual = usual && result == 256 + i;
  }
  json["merges"] = list_json(flat);
  if (!usual) json["results"] = list_json(results);
  auto& members = others.get_ref<Json::object_t&>();
  for (const auto& [bytes, id] : rules_.others) members.emplace_back(gpt2_letters(bytes), id);
  if (!others.empty()) json["others"] = std::move(others);
  frame().put(json);
  return json;
}

std::string_view BpeTokenizer::bytes_of(TokenId id) const {
  return std::string_view(bytes_).substr(offsets_[id], offsets_[id + 1] - offsets_[id]);
}

void BpeTokenizer::append_text(TokenId id, bool, std::string& out) const { out += bytes_of(id); }

void BpeTokenizer::encode_word(std::string_view word, std::vector<TokenId>& ids) const {
  if (rules_.whole) {
    const auto found = whole_.find(word);
    if (found != whole_.end()) return ids.push_back(found->second);
  }
  const std::size_t before = ids.size();
  for (const char c : word) ids.push_back(rules_.bytes[static_cast<std::uint8_t>(c)]);
  ids.resize(before + table_.apply(std::span(ids).subspan(before)));
}

}  // namespace mx
