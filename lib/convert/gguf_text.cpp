// SPDX-License-Identifier: Apache-2.0
#include "convert/gguf_text.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/words.h"
#include "convert/gguf.h"
#include "convert/gguf_pre.h"
#include "text/bpe.h"
#include "text/pieces.h"
#include "text/wordpiece.h"

namespace mx {
namespace {

// tokenizer.ggml.token_type.
enum Type : std::uint8_t { kNormal = 1, kUnknownToken, kControl, kUserDefined, kUnused, kByte };
// Tokens at which chats of well-known models end, besides the one that the file names.
constexpr std::string_view kStops[] = {"<|eot_id|>",    "<|im_end|>", "<|end|>",   "<end_of_turn>",
                                       "<|endoftext|>", "<|eom_id|>", "<|return|>"};

class GgufVocabulary {
 public:
  GgufVocabulary(const GgufLists& lists, const Json& metadata)
      : lists_(lists), metadata_(metadata), model_(word("model")) {}

  std::unique_ptr<Tokenizer> read() {
    std::optional<std::vector<std::string>> tokens = lists_.texts(key("tokens"));
    if (!tokens) fail(Kind::input, "it says the tokenizer {} and no tokens", printable(model_));
    tokens_ = std::move(*tokens);
    const auto types = lists_.numbers(key("token_type"));
    if (types && types->size() != tokens_.size()) lie("token_type");
    types_.assign(tokens_.size(), kNormal);
    for (std::size_t id = 0; types && id < types_.size(); ++id) {
      const double type = (*types)[id];
      if (!(type >= 0 && type <= 6)) lie("token_type");
      if (type >= 1) types_[id] = static_cast<std::uint8_t>(type);
    }
    if (model_ == "gpt2") return bytes();
    if (model_ == "llama") return sentencepiece();
    if (model_ == "t5") return unigram();
    if (model_ == "bert") return wordpiece();
    throw Error{Kind::input,
                fmt::format("its tokenizer is of the kind '{}', which is not known here",
                            printable(model_)),
                "known are llama, gpt2, bert and t5"};
  }

 private:
  static std::string key(std::string_view name) { return fmt::format("tokenizer.ggml.{}", name); }
  [[noreturn]] static void lie(std::string_view name) {
    fail(Kind::input, "its key tokenizer.ggml.{} does not fit its tokens", name);
  }
  [[nodiscard]] std::string word(std::string_view name) const {
    const auto found = metadata_.find(key(name));
    return found == metadata_.end() || !found->is_string() ? "" : found->get<std::string>();
  }
  [[nodiscard]] bool flag(std::string_view name, bool otherwise) const {
    const std::string value = word(name);
    return value.empty() ? otherwise : value == "true";
  }
  // Of a key such as eos_token_id, or what llama.cpp takes where it is missing; nothing for an id
  // that is no token.
  [[nodiscard]] std::optional<TokenId> id(std::string_view name,
                                          std::optional<TokenId> otherwise) const {
    const std::string value = word(name);
    std::optional<std::uint64_t> id;
    if (!value.empty()) {
      id = whole_number(value);
    } else if (otherwise) {
      id = *otherwise;
    }
    if (!id || *id >= tokens_.size()) return std::nullopt;
    return static_cast<TokenId>(*id);
  }

  // Control tokens are special, user-defined ones are found in text; both leave the vocabulary.
  [[nodiscard]] TokenizerFrame frame(std::optional<TokenId> begin, bool adds_begin,
                                     std::optional<TokenId> end) const {
    TokenizerFrame out;
    for (TokenId id = 0; id < tokens_.size(); ++id) {
      const bool special = types_[id] == kControl || types_[id] == kUnknownToken;
      if ((!special && types_[id] != kUserDefined) || tokens_[id].empty()) continue;
      out.added.push_back({.text = tokens_[id], .id = id, .special = special});
      if (special && id != end && std::ranges::find(kStops, tokens_[id]) != std::end(kStops)) {
        out.stops.push_back(id);
      }
    }
    if (adds_begin) out.begin = begin;
    out.end = end;
    out.open = end && !flag("add_eos_token", false);
    return out;
  }

  // The tokens that are text; the others are left empty.
  [[nodiscard]] std::vector<std::string> ordinary() const {
    std::vector<std::string> out(tokens_.size());
    for (std::size_t id = 0; id < out.size(); ++id) {
      if (types_[id] == kNormal || types_[id] == kByte) out[id] = tokens_[id];
    }
    return out;
  }

  [[nodiscard]] std::vector<double> scores() const {
    std::optional<std::vector<double>> scores = lists_.numbers(key("scores"));
    if (!scores || scores->size() != tokens_.size()) lie("scores");
    return std::move(*scores);
  }

  [[nodiscard]] bool has_bytes() const { return std::ranges::find(types_, kByte) != types_.end(); }

  std::unique_ptr<Tokenizer> sentencepiece() {
    PieceRules rules{.search = PieceSearch::scores,
                     .tokens = ordinary(),
                     .scores = scores(),
                     .unknown = id("unknown_token_id", 0),
                     .bytes = has_bytes()};
    TokenizerFrame out =
        frame(id("bos_token_id", 1), flag("add_bos_token", true), id("eos_token_id", 2));
    std::vector<NormalizerStep> steps;
    const std::string blank(kBlank);
    if (flag("add_space_prefix", true)) {
      steps.push_back({.kind = NormalizerStep::Kind::prepend, .to = blank});
    }
    steps.push_back({.kind = NormalizerStep::Kind::replace, .from = " ", .to = blank});
    out.normalize = Normalizer(std::move(steps));
    return std::make_unique<PieceTokenizer>(std::move(rules), std::move(out));
  }

  std::unique_ptr<Tokenizer> unigram() {
    PieceRules rules{.tokens = ordinary(),
                     .scores = scores(),
                     .unknown = id("unknown_token_id", 2),
                     .bytes = has_bytes()};
    TokenizerFrame out = frame(id("bos_token_id", std::nullopt), flag("add_bos_token", false),
                               id("eos_token_id", 1));
    NormalizerStep step{.kind = NormalizerStep::Kind::sentencepiece,
                        .prefix = flag("add_space_prefix", true),
                        .squeeze_blanks = flag("remove_extra_whitespaces", true)};
    if (const auto map = lists_.numbers(key("precompiled_charsmap")); map && !map->empty()) {
      std::string bytes;
      for (const double byte : *map) {
        if (!(byte >= -128 && byte <= 255)) lie("precompiled_charsmap");
        bytes.push_back(static_cast<char>(static_cast<std::uint8_t>(static_cast<int>(byte))));
      }
      step.map.emplace_back(bytes);
    }
    std::vector<NormalizerStep> steps;
    steps.push_back(std::move(step));
    out.normalize = Normalizer(std::move(steps));
    return std::make_unique<PieceTokenizer>(std::move(rules), std::move(out));
  }

  std::unique_ptr<Tokenizer> bytes() {
    const std::string pre = word("pre").empty() ? "default" : word("pre");
    const auto& pres = gguf_pres();
    const auto known = std::ranges::find(pres, pre, &GgufPre::name);
    if (known == pres.end()) {
      std::string names;
      for (const GgufPre& one : pres) names += fmt::format(" {}", one.name);
      throw Error{Kind::input,
                  fmt::format("its text is split as '{}', which is not known here", printable(pre)),
                  fmt::format("known are{}", names)};
    }
    std::unordered_map<std::string_view, TokenId> ids;
    for (TokenId id = 0; id < tokens_.size(); ++id) {
      if (types_[id] == kNormal || types_[id] == kByte) ids.emplace(tokens_[id], id);
    }
    const auto id_of = [&](std::string_view token) {
      const auto found = ids.find(token);
      if (found == ids.end()) {
        fail(Kind::input, "'{}' is not among its tokens", printable(token));
      }
      return found->second;
    };
    BpeRules rules{.split = known->split, .whole = known->whole};
    std::vector<bool> made(tokens_.size());
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const char letter = static_cast<char>(static_cast<std::uint8_t>(byte));
      rules.bytes[byte] = id_of(gpt2_letters({&letter, 1}));
      made[rules.bytes[byte]] = true;
    }
    const auto merges = lists_.texts(key("merges"));
    if (!merges) fail(Kind::input, "it has no merges");
    const auto other = [&](TokenId id) {
      if (made[id]) return;
      made[id] = true;
      rules.others.emplace_back(gpt2_bytes(tokens_[id]).value_or(tokens_[id]), id);
    };
    for (const std::string& merge : *merges) {
      const std::size_t at = merge.find(' ', 1);
      if (at == std::string::npos) fail(Kind::input, "one of its merges is not two tokens");
      const std::string left = merge.substr(0, at), right = merge.substr(at + 1);
      const BpeMerge found{id_of(left), id_of(right), id_of(left + right)};
      other(found.left);
      other(found.right);
      rules.merges.push_back(found);
      made[found.result] = true;
    }
    TokenizerFrame out =
        frame(id("bos_token_id", std::nullopt), flag("add_bos_token", known->add_begin),
              id("eos_token_id", std::nullopt));
    for (const AddedToken& token : out.added) made[token.id] = true;
    for (TokenId id = 0; id < tokens_.size(); ++id) {
      if (types_[id] == kNormal && !tokens_[id].empty()) other(id);
    }
    if (std::ranges::find(made, false) != made.end()) rules.size = made.size();
    if (known->nfc) out.normalize = Normalizer({{.kind = NormalizerStep::Kind::nfc}});
    return std::make_unique<BpeTokenizer>(std::move(rules), std::move(out));
  }

  // GGUF writes beginnings of words with U+2581 and what is inside them bare.
  std::unique_ptr<Tokenizer> wordpiece() {
    WordPieceRules rules{.tokens = std::vector<std::string>(tokens_.size())};
    bool capitals = false;
    for (std::size_t id = 0; id < tokens_.size(); ++id) {
      const std::string& token = tokens_[id];
      if (types_[id] != kNormal || token.empty()) continue;
      const bool begins = token.starts_with(kBlank);
      const bool whole = token.starts_with('[') && token.ends_with(']');  // left as it is
      rules.tokens[id] = begins  ? token.substr(kBlank.size())
                         : whole ? token
                                 : fmt::format("{}{}", rules.inside, token);
      capitals = capitals || (!whole && std::ranges::any_of(
                                            token, [](char c) { return c >= 'A' && c <= 'Z'; }));
    }
    rules.folding = {.lowercase = !capitals, .strip_accents = !capitals};
    const auto unknown = id("unknown_token_id", 100);
    if (!unknown) lie("unknown_token_id");
    TokenizerFrame out = frame(id("cls_token_id", id("bos_token_id", 101)),
                               flag("add_bos_token", true), std::nullopt);
    const auto separator = id("seperator_token_id", id("separator_token_id", 102));
    out.end = separator;
    out.open = false;
    for (const std::string_view special : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
      const auto at = std::ranges::find(tokens_, special);
      const auto id = static_cast<TokenId>(at - tokens_.begin());
      if (at == tokens_.end() ||
          std::ranges::find(out.added, id, &AddedToken::id) != out.added.end()) {
        continue;
      }
      out.added.push_back({.text = std::string(special), .id = id});
    }
    rules.unknown = tokens_[*unknown];
    return std::make_unique<WordPieceTokenizer>(std::move(rules), std::move(out));
  }

  const GgufLists& lists_;
  const Json& metadata_;
  std::string model_;
  std::vector<std::string> tokens_;
  std::vector<std::uint8_t> types_;
};

}  // namespace

std::unique_ptr<Tokenizer> read_gguf_tokenizer(const TensorSource& tensors) {
  const auto* const lists = dynamic_cast<const GgufLists*>(&tensors);
  const Json metadata = tensors.metadata();
  if (lists == nullptr || !metadata.is_object() || !metadata.contains("tokenizer.ggml.model")) {
    fail(Kind::input, "it holds no tokenizer");
  }
  return GgufVocabulary(*lists, metadata).read();
}

}  // namespace mx
