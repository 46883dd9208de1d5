// SPDX-License-Identifier: Apache-2.0
#include "text/package_parts.h"

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

using Step = NormalizerStep;

constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTekkenPattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kO200kPattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kCjkPattern = "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+";
constexpr std::string_view kDeepseekPattern =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kPunctuation = R"([\p{P}\$\+<=>\^~\|]+)", kThousands = "[0-9][0-9][0-9]";
constexpr std::pair<std::string_view, Split> kPatterns[] = {
    {kGpt2Pattern, Split::gpt2},         {kLlama3Pattern, Split::llama3},
    {kQwen2Pattern, Split::qwen2},       {kTekkenPattern, Split::tekken},
    {kO200kPattern, Split::o200k},       {R"(\p{N})", Split::digits},
    {R"(\p{N}{1,3})", Split::triples},   {kCjkPattern, Split::cjk},
    {kDeepseekPattern, Split::deepseek}, {R"(\p{N}+)", Split::numbers},
    {kPunctuation, Split::punctuation},  {kThousands, Split::thousands}};

// With the CR and LF that DeepSeek's files hold themselves written as the other patterns do.
std::string escaped(std::string_view pattern) {
  std::string out;
  for (const char c : pattern) {
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

class Reader {
 public:
  Reader(const Json& json, const std::string& name) : json_(json), name_(name) {}

  PackageParts run() {
    each(look(json_, {"normalizer"}), "normalizers", [&](const Json& part) { normalizer(part); });
    each(look(json_, {"pre_tokenizer"}), "pretokenizers",
         [&](const Json& part) { pre_tokenizer(part); });
    if (whitespace_split_) refuse_package(name_, "WhitespaceSplit without Metaspace");
    each(look(json_, {"post_processor"}), "processors",
         [&](const Json& part) { post_processor(part); });
    each(look(json_, {"decoder"}), "decoders", [&](const Json& part) { decoder(part); });
    added_tokens();
    return std::move(out_);
  }

 private:
  // Of a Sequence each part, else the one.
  template <class Act>
  void each(const Json& part, std::string_view list, const Act& act) const {
    if (part.is_null()) return;
    if (word_at(part, {"type"}) != "Sequence") return act(part);
    const Json& parts = look(part, {list});
    if (!parts.is_array()) refuse_package(name_, "a Sequence without parts");
    for (const Json& inner : parts) {
      if (word_at(inner, {"type"}) == "Sequence") refuse_package(name_, "a Sequence in another");
      act(inner);
    }
  }

  void normalizer(const Json& part) {
    using Kind = Step::Kind;
    constexpr std::pair<std::string_view, Kind> kPlain[] = {{"NFC", Kind::nfc},
                                                            {"NFD", Kind::nfd},
                                                            {"NFKC", Kind::nfkc},
                                                            {"NFKD", Kind::nfkd},
                                                            {"Lowercase", Kind::lowercase},
                                                            {"StripAccents", Kind::strip_accents}};
    const std::string type = word_at(part, {"type"});
    auto& steps = out_.normalize;
    for (const auto& [theirs, kind] : kPlain) {
      if (type == theirs) return steps.push_back({.kind = kind});
    }
    if (type == "Replace") return replace(part);
    if (type == "Prepend") {
      const std::string text = word_at(part, {"prepend"});
      if (!text.empty()) steps.push_back({.kind = Kind::prepend, .to = text});
    } else if (type == "Strip") {
      const bool left = flag_at(part, "strip_left", true);
      const bool right = flag_at(part, "strip_right", true);
      if (left || right) steps.push_back({.kind = Kind::trim, .left = left, .right = right});
    } else if (type == "Precompiled") {
      const std::string map = word_at(part, {"precompiled_charsmap"});
      if (map.empty()) return;
      Step step{.kind = Kind::charsmap};
      step.map.emplace_back(text(from_base64(map, name_)));
      steps.push_back(std::move(step));
    } else if (type == "BertNormalizer") {
      bert_normalizer(part);
    } else {
      refuse_package(name_, fmt::format("the normalizer {}", printable(type)));
    }
  }

  void replace(const Json& part) {
    const std::string from = word_at(part, {"pattern", "String"});
    const std::string pattern = word_at(part, {"pattern", "Regex"});
    const std::string to = word_at(part, {"content"});
    if (!from.empty()) {
      out_.normalize.push_back({.kind = Step::Kind::replace, .from = from, .to = to});
    } else if (pattern == " {2,}") {
      out_.normalize.push_back({.kind = Step::Kind::squeeze, .to = to});
    } else {
      refuse_package(name_, fmt::format("the normalizer Replace of {}", printable(pattern)));
    }
  }

  void bert_normalizer(const Json& part) {
    for (const std::string_view key : {"clean_text", "handle_chinese_chars"}) {
      if (!flag_at(part, key, true)) {
        refuse_package(name_, fmt::format("BertNormalizer without {}", key));
      }
    }
    const bool lowercase = flag_at(part, "lowercase", true);
    out_.folding = BertFolding{lowercase, flag_at(part, "strip_accents", lowercase)};
  }

  void pre_tokenizer(const Json& part) {
    const std::string type = word_at(part, {"type"});
    if (out_.bytes) refuse_package(name_, fmt::format("{} behind ByteLevel", printable(type)));
    if (whitespace_split_ && type != "Metaspace") {
      refuse_package(name_, "WhitespaceSplit without Metaspace");
    }
    if (type == "ByteLevel") {
      out_.bytes = true;
      if (flag_at(part, "add_prefix_space", true)) {
        if (!out_.split.empty()) refuse_package(name_, "a split before add_prefix_space");
        out_.prepare.push_back({.kind = Step::Kind::lead, .to = " "});
      }
      if (flag_at(part, "use_regex", true)) out_.split.push_back(Split::gpt2);
    } else if (type == "Digits") {
      out_.split.push_back(flag_at(part, "individual_digits", false) ? Split::digits
                                                                     : Split::numbers);
    } else if (type == "Split") {
      split(part);
    } else if (type == "WhitespaceSplit") {
      whitespace_split_ = true;
    } else if (type == "Metaspace") {
      metaspace(part);
    } else if (type == "BertPreTokenizer") {
      out_.bert_words = true;
    } else {
      refuse_package(name_, fmt::format("the pre-tokenizer {}", printable(type)));
    }
  }

  void split(const Json& part) {
    const std::string pattern = escaped(word_at(part, {"pattern", "Regex"}));
    const std::string behavior = word_at(part, {"behavior"});
    const bool invert = flag_at(part, "invert", false);
    if (word_at(part, {"pattern", "String"}) == " ") {
      // Nothing to split at where blanks were replaced.
      const bool replaced = std::ranges::any_of(out_.normalize, [](const Step& step) {
        return step.kind == Step::Kind::replace && step.from == " " &&
               step.to.find(' ') == std::string::npos;
      });
      if (replaced) return;
    }
    for (const auto& [known, split] : kPatterns) {
      const bool all = covers(split);  // what it matches is all there is
      if (pattern == known &&
          ((behavior == "Isolated" && !invert) || (all && behavior == "Removed" && invert))) {
        return out_.split.push_back(split);
      }
    }
    refuse_package(name_, fmt::format("the pre-tokenizer Split at {}", printable(pattern)));
  }

  void metaspace(const Json& part) {
    if (word_at(part, {"replacement"}) != kBlank) {
      refuse_package(name_, "Metaspace with another mark than U+2581");
    }
    std::string scheme = word_at(part, {"prepend_scheme"});
    if (scheme.empty()) scheme = flag_at(part, "add_prefix_space", true) ? "always" : "never";
    const std::string mark(kBlank);
    out_.words = flag_at(part, "split", true);
    if (std::exchange(whitespace_split_, false)) {
      if (scheme != "always" || !out_.words) {
        refuse_package(name_, fmt::format("WhitespaceSplit with Metaspace {}", printable(scheme)));
      }
      return out_.prepare.push_back({.kind = Step::Kind::words, .to = mark});
    }
    out_.prepare.push_back({.kind = Step::Kind::replace, .from = " ", .to = mark});
    const bool trims = std::ranges::any_of(out_.normalize, &Step::left);
    if (scheme == "first" && trims) refuse_package(name_, "Metaspace first behind a left Strip");
    if (scheme == "always" || scheme == "first") {
      out_.prepare.push_back({.kind = Step::Kind::lead, .to = mark, .first = scheme == "first"});
    } else if (scheme != "never") {
      refuse_package(name_, fmt::format("Metaspace {}", printable(scheme)));
    }
  }

  void post_processor(const Json& part) {
    const std::string type = word_at(part, {"type"});
    if (type == "ByteLevel") return;  // offsets only
    if (type == "TemplateProcessing") return template_processing(part);
    if (type != "BertProcessing" && type != "RobertaProcessing") {
      refuse_package(name_, fmt::format("the post-processor {}", printable(type)));
    }
    const auto id_of = [&](std::string_view key) {
      const Json& pair = look(part, {key});
      const auto id = pair.is_array() && pair.size() == 2 ? id_at(pair[1], "") : std::nullopt;
      if (!id) fail(Kind::input, "{}: the post-processor's '{}' is no token", name_, key);
      return *id;
    };
    out_.begin = id_of("cls");
    out_.end = id_of("sep");
  }

  void template_processing(const Json& part) {
    const Json& single = look(part, {"single"});
    if (!single.is_array()) refuse_package(name_, "a template without a single text");
    bool behind = false;
    for (const Json& piece : single) {
      if (!look(piece, {"Sequence"}).is_null()) {
        behind = true;
        continue;
      }
      const std::string token = word_at(piece, {"SpecialToken", "id"});
      const Json& ids = look(part, {"special_tokens", token, "ids"});
      const auto id = ids.is_array() && ids.size() == 1 ? id_at(ids[0], "") : std::nullopt;
      std::optional<TokenId>& place = behind ? out_.end : out_.begin;
      if (!id || place) refuse_package(name_, "a template with several tokens at one end");
      place = id;
    }
  }

  void decoder(const Json& part) const {
    constexpr std::string_view kKnown[] = {"ByteLevel", "WordPiece",    "Metaspace", "Replace",
                                           "Fuse",      "ByteFallback", "Strip"};
    const std::string type = word_at(part, {"type"});
    if (std::ranges::find(kKnown, type) == std::end(kKnown)) {
      refuse_package(name_, fmt::format("the decoder {}", printable(type)));
    }
  }

  void added_tokens() {
    const Json& added = look(json_, {"added_tokens"});
    if (!added.is_array()) return;
    const bool normalizes = !out_.normalize.empty() || out_.folding;
    for (const Json& token : added) {
      const std::optional<TokenId> id = id_at(token, "id");
      if (!id) fail(Kind::input, "{}: an added token has no valid id", name_);
      AddedToken entry{.text = word_at(token, {"content"}),
                       .id = *id,
                       .special = flag_at(token, "special", true),
                       .strip_left = flag_at(token, "lstrip", false),
                       .strip_right = flag_at(token, "rstrip", false),
                       .single_word = flag_at(token, "single_word", false),
                       .normalized = flag_at(token, "normalized", false) && normalizes};
      if (out_.folding && entry.normalized && !entry.special) {
        refuse_package(name_, "an added token in BERT's normalized text");
      }
      if (out_.folding) entry.normalized = false;
      out_.added.push_back(std::move(entry));
    }
  }

  const Json& json_;
  const std::string& name_;
  PackageParts out_;
  bool whitespace_split_ = false;
};

}  // namespace

PackageParts read_package_parts(const Json& json, const std::string& name) {
  return Reader(json, name).run();
}

std::string_view package_pattern(Split split) {
  for (const auto& [pattern, known] : kPatterns) {
    if (known == split) return pattern;
  }
  return {};
}

void refuse_package(const std::string& name, std::string_view what) {
  fail(Kind::input, "{}: {} is not among the tokenizers that can be read", name, what);
}

}  // namespace mx
