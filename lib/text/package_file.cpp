// SPDX-License-Identifier: Apache-2.0
#include "text/package_file.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "text/bpe.h"
#include "text/package_parts.h"
#include "text/piece_bytes.h"
#include "text/pieces.h"
#include "text/wordpiece.h"

namespace mx {
namespace {

constexpr std::size_t kMostTokens = 1U << 21U;

class PackageFile {
 public:
  PackageFile(const Json& json, const std::string& name, const TokenizerFacts& facts)
      : json_(json), model_(look(json, {"model"})), name_(name), facts_(facts) {}

  std::unique_ptr<Tokenizer> read() {
    const std::string type = word_at(model_, {"type"});
    if (type.empty()) {
      throw Error{Kind::input, fmt::format("{} is no tokenizer.json", name_),
                  "a vocab.json is read with the merges.txt beside it: name their folder"};
    }
    if (type != "BPE" && type != "WordPiece" && type != "Unigram") {
      refuse_package(name_, printable(type));
    }
    parts_ = read_package_parts(json_, name_);
    if (parts_.folding && type != "WordPiece") {
      refuse_package(name_, fmt::format("BertNormalizer before {}", type));
    }
    if (type == "Unigram") return unigram();
    read_vocabulary();
    if (type == "WordPiece") return wordpiece();
    return parts_.bytes ? bytes() : characters();
  }

 private:
  void read_vocabulary() {
    const Json& vocab = look(model_, {"vocab"});
    if (!vocab.is_object() || vocab.size() > kMostTokens) {
      fail(Kind::input, "{}: there is no vocabulary", name_);
    }
    ids_.reserve(vocab.size());
    for (const auto& [token, value] : vocab.items()) {
      const std::optional<TokenId> id = id_at(value, "");
      if (!id) fail(Kind::input, "{}: the token '{}' has no valid id", name_, printable(token));
      ids_.emplace(token, *id);
    }
  }

  // Texts by id; room for the added tokens; what no token has is empty.
  [[nodiscard]] std::vector<std::string> tokens_by_id() const {
    std::vector<std::string> tokens(size());
    for (const auto& [token, id] : ids_) {
      if (!tokens[id].empty()) fail(Kind::input, "{}: two tokens have the id {}", name_, id);
      tokens[id] = token;
    }
    return tokens;
  }

  [[nodiscard]] std::size_t size() const {
    std::size_t size = 0;
    for (const auto& [token, id] : ids_) size = std::max<std::size_t>(size, id + std::size_t{1});
    return with_added(size);
  }
  [[nodiscard]] std::size_t with_added(std::size_t size) const {
    for (const AddedToken& token : parts_.added) {
      size = std::max<std::size_t>(size, token.id + std::size_t{1});
    }
    if (size > kMostTokens) fail(Kind::input, "{}: the ids are too high", name_);
    return size;
  }

  [[nodiscard]] std::optional<TokenId> find(std::string_view text) const {
    for (const AddedToken& token : parts_.added) {
      if (token.text == text) return token.id;
    }
    const auto found = ids_.find(std::string(text));
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] TokenId id_of(const std::string& token) const {
    const auto found = ids_.find(token);
    if (found == ids_.end()) {
      fail(Kind::input, "{}: '{}' is not in the vocabulary", name_, printable(token));
    }
    return found->second;
  }

  [[nodiscard]] TokenizerFrame frame() {
    TokenizerFrame out;
    out.added = std::move(parts_.added);
    out.normalize = Normalizer(std::move(parts_.normalize));
    out.prepare = Normalizer(std::move(parts_.prepare));
    out.begin = parts_.begin;
    out.end = parts_.end;
    apply_facts(
        facts_,
        [&](std::string_view text) -> std::optional<TokenId> {
          const auto at = std::ranges::find(out.added, text, &AddedToken::text);
          if (at != out.added.end()) return at->id;
          const auto found = ids_.find(std::string(text));
          return found == ids_.end() ? std::nullopt : std::optional(found->second);
        },
        out);
    return out;
  }

  void refuse_of_model(std::initializer_list<std::string_view> keys) const {
    for (const std::string_view key : keys) {
      const Json& value = look(model_, {key});
      if (!value.is_null() && value != Json("") && value != Json(0.0) && value != Json(false)) {
        refuse_package(name_, fmt::format("{} with {}", word_at(model_, {"type"}), key));
      }
    }
  }

  template <class Act>
  void each_merge(const Act& act) const {
    const Json& given = look(model_, {"merges"});
    if (!given.is_array()) fail(Kind::input, "{}: there are no merges", name_);
    for (const Json& merge : given) {
      std::vector<std::string> pair;
      if (merge.is_string()) pair = split(merge.get_ref<const std::string&>(), ' ');
      if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
        pair = merge.get<std::vector<std::string>>();
      }
      if (pair.size() != 2) fail(Kind::input, "{}: a merge is not two tokens", name_);
      act(pair[0], pair[1]);
    }
  }

  std::unique_ptr<Tokenizer> bytes() {
    if (parts_.bert_words || parts_.words) refuse_package(name_, "ByteLevel behind other words");
    refuse_of_model({"continuing_subword_prefix", "end_of_word_suffix", "dropout"});
    BpeRules rules{.split = parts_.split, .whole = flag_at(model_, "ignore_merges", false)};
    std::vector<bool> made(size());  // by bytes and merges, or added
    for (const AddedToken& token : parts_.added) made[token.id] = true;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const char letter = static_cast<char>(static_cast<std::uint8_t>(byte));
      rules.bytes[byte] = id_of(gpt2_letters({&letter, 1}));
      made[rules.bytes[byte]] = true;
    }
    const auto other = [&](const std::string& token, TokenId id) {
      if (made[id]) return;
      made[id] = true;
      rules.others.emplace_back(gpt2_bytes(token).value_or(token), id);
    };
    each_merge([&](const std::string& left, const std::string& right) {
      const BpeMerge merge{id_of(left), id_of(right), id_of(left + right)};
      // What is merged before it is made never is; what another merge makes later, is then.
      other(left, merge.left);
      other(right, merge.right);
      rules.merges.push_back(merge);
      made[merge.result] = true;
    });
    for (const auto& [token, id] : in_order()) other(token, id);
    if (std::ranges::find(made, false) != made.end()) rules.size = made.size();
    return std::make_unique<BpeTokenizer>(std::move(rules), frame());
  }

  [[nodiscard]] std::vector<std::pair<std::string, TokenId>> in_order() const {
    std::vector<std::pair<std::string, TokenId>> out(ids_.begin(), ids_.end());
    std::ranges::sort(out, {}, [](const auto& entry) { return entry.second; });
    return out;
  }

  void refuse_other_splits(std::string_view what) const {
    if (parts_.bert_words || !parts_.split.empty() || parts_.bytes) {
      refuse_package(name_, fmt::format("{} with this pre-tokenizer", what));
    }
  }

  std::unique_ptr<Tokenizer> characters() {
    refuse_other_splits("BPE of characters");
    refuse_of_model(
        {"continuing_subword_prefix", "end_of_word_suffix", "dropout", "ignore_merges"});
    PieceRules rules{.search = PieceSearch::merges,
                     .tokens = tokens_by_id(),
                     .bytes = flag_at(model_, "byte_fallback", false),
                     .fuse = flag_at(model_, "fuse_unk", false),
                     .words = parts_.words};
    const std::string unknown = word_at(model_, {"unk_token"});
    if (!unknown.empty()) rules.unknown = id_of(unknown);
    if (!rules.unknown && !rules.bytes) refuse_package(name_, "BPE that drops what it lacks");
    std::vector<bool> ordinary(rules.tokens.size(), true);
    for (const AddedToken& token : parts_.added) ordinary[token.id] = !token.special;
    if (rules.unknown) ordinary[*rules.unknown] = false;
    for (TokenId id = 0; rules.bytes && id < rules.tokens.size(); ++id) {
      if (byte_of_piece(rules.tokens[id])) ordinary[id] = false;
    }
    each_merge([&](const std::string& left, const std::string& right) {
      const TokenId a = id_of(left), b = id_of(right), result = id_of(left + right);
      // Special tokens are never made of text.
      if (ordinary[a] && ordinary[b] && ordinary[result]) rules.merges.push_back({a, b, 0});
    });
    return std::make_unique<PieceTokenizer>(std::move(rules), frame());
  }

  std::unique_ptr<Tokenizer> unigram() {
    refuse_other_splits("Unigram");
    const Json& vocab = look(model_, {"vocab"});
    if (!vocab.is_array() || vocab.size() > kMostTokens) {
      fail(Kind::input, "{}: there is no vocabulary", name_);
    }
    PieceRules rules{.bytes = flag_at(model_, "byte_fallback", false), .words = parts_.words};
    for (const Json& entry : vocab) {
      if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() ||
          !entry[1].is_number()) {
        fail(Kind::input, "{}: a piece is not a text and its score", name_);
      }
      ids_.insert_or_assign(entry[0].get<std::string>(), static_cast<TokenId>(rules.tokens.size()));
      rules.tokens.push_back(entry[0].get<std::string>());
      rules.scores.push_back(entry[1].get<double>());
    }
    rules.unknown = id_at(model_, "unk_id");
    if (!rules.unknown && !rules.bytes) refuse_package(name_, "Unigram without an unknown token");
    rules.tokens.resize(with_added(rules.tokens.size()));
    rules.scores.resize(rules.tokens.size());
    return std::make_unique<PieceTokenizer>(std::move(rules), frame());
  }

  std::unique_ptr<Tokenizer> wordpiece() {
    if (!parts_.folding || !parts_.bert_words || !parts_.normalize.empty() ||
        !parts_.split.empty() || parts_.bytes || !parts_.prepare.empty()) {
      refuse_package(name_, "WordPiece with other words than BERT's");
    }
    WordPieceRules rules{.tokens = tokens_by_id(), .folding = *parts_.folding};
    rules.unknown = word_at(model_, {"unk_token"});
    rules.inside = word_at(model_, {"continuing_subword_prefix"});
    const Json& longest = look(model_, {"max_input_chars_per_word"});
    if (longest.is_number_integer()) {
      if (longest < 1 || longest > 4096) fail(Kind::input, "{}: its words have no length", name_);
      rules.longest = longest.get<std::size_t>();
    }
    // BERT's own are special, even where a file does not say so.
    for (const std::string_view special : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
      const std::optional<TokenId> id = find(special);
      if (!id || std::ranges::find(parts_.added, *id, &AddedToken::id) != parts_.added.end()) {
        continue;
      }
      parts_.added.push_back({.text = std::string(special), .id = *id});
    }
    return std::make_unique<WordPieceTokenizer>(std::move(rules), frame());
  }

  const Json& json_;
  const Json& model_;
  const std::string& name_;
  const TokenizerFacts& facts_;
  PackageParts parts_;
  std::unordered_map<std::string, TokenId> ids_;
};

}  // namespace

std::unique_ptr<Tokenizer> read_package_tokenizer(const Json& json, const std::string& name,
                                                  const TokenizerFacts& facts) {
  return PackageFile(json, name, facts).read();
}

}  // namespace mx
