// SPDX-License-Identifier: Apache-2.0
// As Transformers has it: tokenizer.json and tokenizer_config.json.
#include "convert/tokenizer_out.h"

#include <algorithm>
#include <unordered_map>

#include "base/base64.h"
#include "base/error.h"
#include "base/words.h"
#include "text/bpe.h"
#include "text/char_tokenizer.h"
#include "text/package_parts.h"
#include "text/pieces.h"
#include "text/utf8.h"
#include "text/wordpiece.h"

namespace mx {
namespace {

[[noreturn]] void cannot(std::string_view why) {
  throw Error{Kind::usage, fmt::format("Transformers has no such tokenizer: {}", why)};
}

Json typed(std::string_view type) { return {{"type", type}}; }

Json sequence(std::string_view list, Json parts) {
  if (parts.empty()) return nullptr;
  if (parts.size() == 1) return std::move(parts[0]);
  Json out = typed("Sequence");
  out[std::string(list)] = std::move(parts);
  return out;
}

Json replace_regex(std::string_view pattern, std::string_view by) {
  return {{"type", "Replace"}, {"pattern", {{"Regex", pattern}}}, {"content", by}};
}
Json replace_text(std::string_view text, std::string_view by) {
  return {{"type", "Replace"}, {"pattern", {{"String", text}}}, {"content", by}};
}
Json precompiled(const Charsmap& map) {
  return {{"type", "Precompiled"}, {"precompiled_charsmap", to_base64(view(map.bytes()))}};
}

void add_normalizer(const NormalizerStep& step, Json& out) {
  using Act = NormalizerStep::Kind;
  switch (step.kind) {
    case Act::nfc:
      return out.push_back(typed("NFC"));
    case Act::nfd:
      return out.push_back(typed("NFD"));
    case Act::nfkc:
      return out.push_back(typed("NFKC"));
    case Act::nfkd:
      return out.push_back(typed("NFKD"));
    case Act::lowercase:
      return out.push_back(typed("Lowercase"));
    case Act::strip_accents:
      return out.push_back(typed("StripAccents"));
    case Act::replace:
      return out.push_back(replace_text(step.from, step.to));
    case Act::squeeze:
      return out.push_back(replace_regex(" {2,}", step.to));
    case Act::trim:
      return out.push_back(
          {{"type", "Strip"}, {"strip_left", step.left}, {"strip_right", step.right}});
    case Act::prepend:
      return out.push_back({{"type", "Prepend"}, {"prepend", step.to}});
    case Act::charsmap:
      return out.push_back(precompiled(step.map.front()));
    case Act::sentencepiece:
      if (!step.keep.empty()) cannot("some of its tokens are taken wherever they stand");
      if (!step.map.empty()) out.push_back(precompiled(step.map.front()));
      if (step.squeeze_blanks) {
        out.push_back(replace_regex("\\A +", ""));
        out.push_back(replace_regex(fmt::format("[ {}]+\\z", kBlank), ""));
        out.push_back(replace_regex(" {2,}", " "));
      }
      if (step.prefix) out.push_back({{"type", "Prepend"}, {"prepend", kBlank}});
      return out.push_back(replace_text(" ", kBlank));
    default:
      cannot("it puts something in front of a text before added tokens are found");
  }
}

class PackageOut {
 public:
  explicit PackageOut(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  HfTokenizer write() {
    Json normalizers = Json::array();
    for (const NormalizerStep& step : tokenizer_.frame().normalize.steps()) {
      add_normalizer(step, normalizers);
    }
    normalizer_ = sequence("normalizers", std::move(normalizers));
    if (const auto* const bpe = dynamic_cast<const BpeTokenizer*>(&tokenizer_)) {
      bytes(*bpe);
    } else if (const auto* const words = dynamic_cast<const WordPieceTokenizer*>(&tokenizer_)) {
      wordpiece(*words);
    } else if (const auto* const pieces = dynamic_cast<const PieceTokenizer*>(&tokenizer_)) {
      of_pieces(*pieces);
    } else if (const auto* const characters = dynamic_cast<const CharTokenizer*>(&tokenizer_)) {
      of_characters(*characters);
    } else {
      of_bytes();
    }
    return {{{"version", "1.0"},
             {"truncation", nullptr},
             {"padding", nullptr},
             {"added_tokens", added()},
             {"normalizer", std::move(normalizer_)},
             {"pre_tokenizer", std::move(pre_)},
             {"post_processor", post()},
             {"decoder", std::move(decoder_)},
             {"model", std::move(model_)}},
            config()};
  }

 private:
  void enter(std::string text, TokenId id) {
    const auto [at, fresh] = ids_.emplace(std::move(text), id);
    if (!fresh && at->second != id) {
      cannot(fmt::format("two tokens are written '{}'", printable(at->first)));
    }
  }
  // Texts and ids in the order of the ids, the added tokens among them.
  Json vocabulary() {
    for (const AddedToken& token : tokenizer_.frame().added) enter(token.text, token.id);
    std::vector<std::pair<std::string, TokenId>> order(ids_.begin(), ids_.end());
    std::ranges::sort(order, {}, [](const auto& entry) { return entry.second; });
    Json out = Json::object();
    auto& members = out.get_ref<Json::object_t&>();
    for (auto& [text, id] : order) members.emplace_back(std::move(text), id);
    return out;
  }
  Json bpe_model(Json merges, const Json& unknown, bool fuse, bool fallback, bool whole) {
    return {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", unknown},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", fuse},
            {"byte_fallback", fallback},
            {"ignore_merges", whole},
            {"vocab", vocabulary()},
            {"merges", std::move(merges)}};
  }
  static Json byte_level(bool prefix, bool pattern) {
    return {{"type", "ByteLevel"},
            {"add_prefix_space", prefix},
            {"trim_offsets", true},
            {"use_regex", pattern}};
  }
  void need_no_preparation() const {
    if (!tokenizer_.frame().prepare.empty()) cannot("what it does to a text before words are cut");
  }

  void of_bytes() {
    need_no_preparation();
    for (TokenId byte = 0; byte < 256; ++byte) {
      const char letter = static_cast<char>(static_cast<std::uint8_t>(byte));
      enter(gpt2_letters({&letter, 1}), byte);
    }
    pre_ = byte_level(false, false);
    decoder_ = byte_level(false, false);
    model_ = bpe_model(Json::array(), nullptr, false, false, false);
  }

  void of_characters(const CharTokenizer& characters) {
    need_no_preparation();
    for (std::size_t id = 0; id < characters.characters().size(); ++id) {
      std::string text;
      append_character(characters.characters()[id], text);
      enter(std::move(text), static_cast<TokenId>(id));
    }
    const bool unknown = characters.unknown().has_value();
    decoder_ = typed("Fuse");
    model_ = bpe_model(Json::array(), unknown ? Json(kUnknown) : Json(), false, false, false);
  }

  void bytes(const BpeTokenizer& bpe) {
    for (TokenId id = 0; id < bpe.size(); ++id) {
      if (!bpe.bytes_of(id).empty()) enter(gpt2_letters(bpe.bytes_of(id)), id);
    }
    const auto& steps = bpe.frame().prepare.steps();
    const bool prefix = steps.size() == 1 && steps[0].kind == NormalizerStep::Kind::lead &&
                        steps[0].to == " " && !steps[0].first;
    if (!prefix) need_no_preparation();
    const Splits& splits = bpe.rules().split;
    const bool plain = splits == Splits{Split::gpt2};
    if (prefix && splits.size() > 1) cannot("a blank in front of a text that is split in stages");
    Json parts = Json::array();
    for (const Split split : splits) {
      if (plain) continue;
      parts.push_back({{"type", "Split"},
                       {"pattern", {{"Regex", package_pattern(split)}}},
                       {"behavior", "Isolated"},
                       {"invert", false}});
    }
    if (prefix && !parts.empty()) cannot("a blank in front of a text that is split so");
    parts.push_back(byte_level(prefix, plain));
    pre_ = sequence("pretokenizers", std::move(parts));
    decoder_ = byte_level(true, true);
    Json merges = Json::array();
    for (const auto& [left, right, result] : bpe.rules().merges) {
      merges.push_back({gpt2_letters(bpe.bytes_of(left)), gpt2_letters(bpe.bytes_of(right))});
    }
    model_ = bpe_model(std::move(merges), nullptr, false, false, bpe.rules().whole);
  }

  void wordpiece(const WordPieceTokenizer& words) {
    need_no_preparation();
    const WordPieceRules& rules = words.rules();
    if (!normalizer_.is_null()) cannot("it normalizes a text besides what BERT does");
    for (TokenId id = 0; id < words.size(); ++id) {
      if (!rules.tokens[id].empty()) enter(rules.tokens[id], id);
    }
    normalizer_ = {{"type", "BertNormalizer"},
                   {"clean_text", true},
                   {"handle_chinese_chars", true},
                   {"strip_accents", rules.folding.strip_accents},
                   {"lowercase", rules.folding.lowercase}};
    pre_ = typed("BertPreTokenizer");
    decoder_ = {{"type", "WordPiece"}, {"prefix", rules.inside}, {"cleanup", false}};
    model_ = {{"type", "WordPiece"},
              {"unk_token", rules.unknown},
              {"continuing_subword_prefix", rules.inside},
              {"max_input_chars_per_word", rules.longest},
              {"vocab", vocabulary()}};
  }

  void of_pieces(const PieceTokenizer& pieces) {
    const PieceRules& rules = pieces.rules();
    if (!rules.always.empty()) cannot("some of its tokens are taken wherever they stand");
    pre_ = metaspace(pieces);
    Json steps = Json::array({replace_text(kBlank, " "), typed("ByteFallback"), typed("Fuse")});
    if (pieces.drops_blank()) {
      steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    }
    decoder_ = sequence("decoders", std::move(steps));
    rules.search == PieceSearch::unigram ? unigram(pieces) : merges(pieces);
  }

  static Json metaspace(const PieceTokenizer& pieces) {
    using Act = NormalizerStep::Kind;
    const auto& steps = pieces.frame().prepare.steps();
    const bool words = pieces.rules().words;
    if (steps.empty() && !words) return nullptr;
    const auto made = [&](std::string_view scheme) {
      return Json{{"type", "Metaspace"},
                  {"replacement", kBlank},
                  {"prepend_scheme", scheme},
                  {"split", words}};
    };
    if (steps.size() == 1 && steps[0].kind == Act::words && steps[0].to == kBlank && words) {
      return sequence("pretokenizers", {typed("WhitespaceSplit"), made("always")});
    }
    const bool replaces = !steps.empty() && steps[0].kind == Act::replace && steps[0].from == " " &&
                          steps[0].to == kBlank;
    if (replaces && steps.size() == 1) return made("never");
    if (replaces && steps.size() == 2 && steps[1].kind == Act::lead && steps[1].to == kBlank) {
      return made(steps[1].first ? "first" : "always");
    }
    cannot("what it does to a text before words are cut");
  }

  void merges(const PieceTokenizer& pieces) {
    const PieceRules& rules = pieces.rules();
    for (TokenId id = 0; id < pieces.size(); ++id) {
      if (!rules.tokens[id].empty()) enter(rules.tokens[id], id);
    }
    Json merges = Json::array();
    for (const auto& [left, right, result] : pieces.merges()) {
      if (left >= pieces.size() || right >= pieces.size()) {
        cannot("its merges begin with characters that are no tokens");
      }
      merges.push_back({rules.tokens[left], rules.tokens[right]});
    }
    model_ = bpe_model(std::move(merges), unknown_text(pieces), rules.fuse, rules.bytes, false);
  }

  static Json unknown_text(const PieceTokenizer& pieces) {
    const auto id = pieces.rules().unknown;
    if (!id) return nullptr;
    const AddedToken* const token = pieces.added(*id);
    return token != nullptr ? token->text : pieces.rules().tokens[*id];
  }

  void unigram(const PieceTokenizer& pieces) {
    const PieceRules& rules = pieces.rules();
    Json vocab = Json::array();
    for (TokenId id = 0; id < pieces.size(); ++id) {
      const AddedToken* const token = pieces.added(id);
      const std::string& text = token != nullptr ? token->text : rules.tokens[id];
      if (text.empty()) cannot(fmt::format("the id {} has no token", id));
      vocab.push_back({text, rules.scores[id]});
    }
    model_ = {{"type", "Unigram"},
              {"unk_id", rules.unknown ? Json(*rules.unknown) : Json()},
              {"vocab", std::move(vocab)},
              {"byte_fallback", rules.bytes}};
  }

  [[nodiscard]] Json added() const {
    Json out = Json::array();
    for (const AddedToken& token : tokenizer_.frame().added) {
      out.push_back({{"id", token.id},
                     {"content", token.text},
                     {"single_word", token.single_word},
                     {"lstrip", token.strip_left},
                     {"rstrip", token.strip_right},
                     {"normalized", token.normalized},
                     {"special", token.special}});
    }
    return out;
  }

  [[nodiscard]] std::string text_of(TokenId id) const {
    std::string out;
    tokenizer_.append(id, false, out);
    return out;
  }
  // What stands around every text, where the tokenizer itself says so.
  [[nodiscard]] std::optional<TokenId> closing() const {
    const TokenizerFrame& frame = tokenizer_.frame();
    if (frame.open) return std::nullopt;
    return frame.end ? frame.end : tokenizer_.special("[SEP]");
  }

  [[nodiscard]] Json post() const {
    const std::optional<TokenId> begin = begin_token(tokenizer_), end = closing();
    if (!begin && !end) return nullptr;
    Json single = Json::array(), pair = Json::array(), tokens = Json::object();
    const auto put = [&](const std::optional<TokenId>& id, Json& to, int type) {
      if (!id) return;
      const std::string text = text_of(*id);
      to.push_back({{"SpecialToken", {{"id", text}, {"type_id", type}}}});
      tokens[text] = {{"id", text}, {"ids", {*id}}, {"tokens", {text}}};
    };
    const auto sequence_of = [](std::string_view name, int type) {
      return Json{{"Sequence", {{"id", name}, {"type_id", type}}}};
    };
    for (Json* const list : {&single, &pair}) {
      put(begin, *list, 0);
      list->push_back(sequence_of("A", 0));
      put(end, *list, 0);
    }
    if (!end) put(begin, pair, 1);
    pair.push_back(sequence_of("B", 1));
    put(end, pair, 1);
    return {{"type", "TemplateProcessing"},
            {"single", std::move(single)},
            {"pair", std::move(pair)},
            {"special_tokens", std::move(tokens)}};
  }

  [[nodiscard]] Json config() const {
    Json out = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                {"clean_up_tokenization_spaces", false}};
    const auto put = [&](const char* key, std::optional<TokenId> id) {
      if (id) out[key] = text_of(*id);
    };
    const auto first_of = [&](std::initializer_list<std::string_view> texts) {
      std::optional<TokenId> found;
      for (const std::string_view text : texts) {
        if (!found) found = tokenizer_.special(text);
      }
      return found;
    };
    const bool bert = tokenizer_.special("[CLS]").has_value();
    if (!bert) {
      put("bos_token", begin_token(tokenizer_));
      put("eos_token", end_token(tokenizer_));
    }
    put("cls_token", tokenizer_.special("[CLS]"));
    put("sep_token", tokenizer_.special("[SEP]"));
    put("pad_token", first_of({"[PAD]", "<pad>", "<|endoftext|>"}));
    put("mask_token", first_of({"[MASK]", "<mask>"}));
    put("unk_token", tokenizer_.unknown());
    return out;
  }

  const Tokenizer& tokenizer_;
  std::unordered_map<std::string, TokenId> ids_;
  Json normalizer_, pre_, decoder_, model_;
};

}  // namespace

HfTokenizer hugging_face_tokenizer(const Tokenizer& tokenizer) {
  return PackageOut(tokenizer).write();
}

}  // namespace mx
