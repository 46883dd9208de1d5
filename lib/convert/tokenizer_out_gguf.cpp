// SPDX-License-Identifier: Apache-2.0
// As llama.cpp has it: the keys tokenizer.ggml.* of GGUF.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/words.h"
#include "convert/gguf_pre.h"
#include "convert/tokenizer_out.h"
#include "text/bpe.h"
#include "text/byte_tokenizer.h"
#include "text/piece_bytes.h"
#include "text/pieces.h"
#include "text/wordpiece.h"

namespace mx {
namespace {

using Act = NormalizerStep::Kind;
enum Type : std::uint8_t { kNormal = 1, kUnknownToken, kControl, kUserDefined, kUnused, kByte };

[[noreturn]] void cannot(std::string_view why) {
  throw Error{Kind::usage, fmt::format("llama.cpp has no such tokenizer: {}", why)};
}

class GgufOut {
 public:
  GgufOut(const Tokenizer& tokenizer, std::size_t size) : tokenizer_(tokenizer) {
    if (size < tokenizer.size()) {
      fail(Kind::usage, "the tokenizer has {} tokens, more than {}", tokenizer.size(), size);
    }
    out_.tokens.resize(size);
    out_.types.assign(size, kUnused);
  }

  GgufTokenizer write() {
    if (const auto* const bpe = dynamic_cast<const BpeTokenizer*>(&tokenizer_)) {
      bytes(*bpe);
    } else if (const auto* const words = dynamic_cast<const WordPieceTokenizer*>(&tokenizer_)) {
      wordpiece(*words);
    } else if (const auto* const pieces = dynamic_cast<const PieceTokenizer*>(&tokenizer_)) {
      pieces->rules().search == PieceSearch::unigram ? unigram(*pieces) : merged(*pieces);
    } else if (dynamic_cast<const ByteTokenizer*>(&tokenizer_) != nullptr) {
      plain_bytes();
    } else {
      cannot("single characters, unknown ones among them");
    }
    frame();
    return std::move(out_);
  }

 private:
  void put(TokenId id, std::string text, Type type = kNormal) {
    out_.tokens[id] = std::move(text);
    out_.types[id] = type;
  }

  // The tokens around a text, those that are found in it, and what no token has.
  void frame() {
    const TokenizerFrame& frame = tokenizer_.frame();
    for (const AddedToken& token : frame.added) {
      const bool plain = !token.strip_left && !token.strip_right && !token.single_word;
      if (!token.special && (!plain || token.normalized)) {
        cannot(fmt::format("'{}' is found under conditions of its own", printable(token.text)));
      }
      const bool unknown = token.id == tokenizer_.unknown() && out_.model != "gpt2";
      put(token.id, token.text, unknown ? kUnknownToken : token.special ? kControl : kUserDefined);
    }
    std::map<std::string_view, std::size_t> seen;
    for (std::size_t id = 0; id < out_.tokens.size(); ++id) {
      if (out_.types[id] == kUnused) out_.tokens[id] = fmt::format("[PAD{}]", id);
      const auto [at, fresh] = seen.emplace(out_.tokens[id], id);
      if (!fresh) cannot(fmt::format("two tokens are written '{}'", printable(at->first)));
    }
    out_.begin = begin_token(tokenizer_);
    out_.add_begin = out_.begin.has_value();
    out_.end = end_token(tokenizer_);
    if (out_.model == "bert") {
      out_.separator = out_.end;
    } else {
      out_.add_end = frame.end && !frame.open;
    }
    const auto named = [&](std::initializer_list<std::string_view> texts) {
      std::optional<TokenId> found;
      for (const std::string_view text : texts) {
        if (!found) found = tokenizer_.special(text);
      }
      return found;
    };
    out_.padding = named({"[PAD]", "<pad>", "<|endoftext|>"});
    out_.mask = named({"[MASK]", "<mask>"});
    if (!out_.unknown) out_.unknown = tokenizer_.unknown();
  }

  void plain_bytes() {
    if (!tokenizer_.exact()) cannot("bytes of a text that is normalized");
    out_.model = "gpt2";
    out_.pre = "gpt-2";
    for (TokenId byte = 0; byte < 256; ++byte) {
      const char letter = static_cast<char>(static_cast<std::uint8_t>(byte));
      put(byte, gpt2_letters({&letter, 1}));
    }
  }

  // Whether merges alone make each token of its bytes: then `whole` changes nothing.
  static bool merges_make_all(const BpeTokenizer& bpe) {
    BpeRules rules = bpe.rules();
    rules.whole = false;
    TokenizerFrame frame = bpe.frame();
    const BpeTokenizer merged(std::move(rules), std::move(frame));
    std::vector<TokenId> ids;
    for (TokenId id = 0; id < bpe.size(); ++id) {
      if (bpe.bytes_of(id).empty()) continue;
      ids.clear();
      merged.encode_word(bpe.bytes_of(id), ids);
      if (ids.size() != 1 || ids[0] != id) return false;
    }
    return true;
  }

  void bytes(const BpeTokenizer& bpe) {
    const BpeRules& rules = bpe.rules();
    const auto& steps = bpe.frame().normalize.steps();
    const bool nfc = steps.size() == 1 && steps[0].kind == Act::nfc;
    if (!bpe.frame().prepare.empty() || (!nfc && !steps.empty())) {
      cannot("byte-level BPE of a text that is normalized so");
    }
    const auto& pres = gguf_pres();
    const auto pre = std::ranges::find_if(pres, [&](const GgufPre& known) {
      return known.split == rules.split && known.nfc == nfc &&
             (known.whole == rules.whole || merges_make_all(bpe));
    });
    if (pre == pres.end()) cannot("byte-level BPE that splits text, or merges it, in this way");
    out_.model = "gpt2";
    out_.pre = pre->name;
    for (TokenId id = 0; id < bpe.size(); ++id) {
      if (!bpe.bytes_of(id).empty()) put(id, gpt2_letters(bpe.bytes_of(id)));
    }
    for (const auto& [left, right, result] : rules.merges) {
      out_.merges.push_back(fmt::format("{} {}", gpt2_letters(bpe.bytes_of(left)),
                                        gpt2_letters(bpe.bytes_of(right))));
    }
  }

  void wordpiece(const WordPieceTokenizer& words) {
    const WordPieceRules& rules = words.rules();
    if (!rules.folding.lowercase || !rules.folding.strip_accents) {
      cannot("WordPiece that keeps case or accents");
    }
    if (!words.frame().normalize.empty() || !words.frame().prepare.empty()) {
      cannot("WordPiece of a text that is normalized besides what BERT does");
    }
    out_.model = "bert";
    out_.unknown = words.unknown();
    for (TokenId id = 0; id < words.size(); ++id) {
      const std::string_view token = rules.tokens[id];
      if (token.empty()) continue;
      const bool inside = token.starts_with(rules.inside) && token.size() > rules.inside.size();
      if (inside && token.substr(rules.inside.size()).starts_with(kBlank)) {
        cannot(fmt::format("'{}' would begin a word there", printable(token)));
      }
      const bool whole = token.starts_with('[') && token.ends_with(']') && token.size() > 1;
      put(id, inside  ? std::string(token.substr(rules.inside.size()))
              : whole ? std::string(token)
                      : fmt::format("{}{}", kBlank, token));
    }
  }

  void tokens_of(const PieceTokenizer& pieces) {
    for (TokenId id = 0; id < pieces.size(); ++id) {
      const std::string& text = pieces.rules().tokens[id];
      if (text.empty()) continue;
      const bool byte = pieces.rules().bytes && byte_of_piece(text);
      put(id, text, byte ? kByte : kNormal);
    }
    if (!pieces.rules().always.empty()) cannot("some of its tokens are taken wherever they stand");
    out_.unknown = pieces.rules().unknown;
    out_.scores.assign(out_.tokens.size(), 0);
  }

  // Whether a blank is put in front; what else is done to a text is refused.
  [[nodiscard]] bool space_prefix() const {
    const TokenizerFrame& frame = tokenizer_.frame();
    bool replaces = false, prefix = false;
    for (const Normalizer* const part : {&frame.normalize, &frame.prepare}) {
      for (const NormalizerStep& step : part->steps()) {
        if (step.kind == Act::replace && step.from == " " && step.to == kBlank) {
          replaces = true;
        } else if ((step.kind == Act::prepend || step.kind == Act::lead) && step.to == kBlank) {
          prefix = true;
        } else if (step.kind == Act::sentencepiece && !step.squeeze_blanks && step.map.empty()) {
          replaces = true;
          prefix = step.prefix;
        } else {
          cannot("pieces of a text that is normalized, or whose blanks are lost");
        }
      }
    }
    if (!replaces) cannot("pieces that keep blanks");
    return prefix;
  }

  void merged(const PieceTokenizer& pieces) {
    const PieceRules& rules = pieces.rules();
    if (!rules.bytes) cannot("pieces without those of bytes");
    if (rules.words) cannot("pieces that end with their word");
    out_.model = "llama";
    tokens_of(pieces);
    out_.add_space_prefix = space_prefix();
    if (rules.search == PieceSearch::scores) {
      for (TokenId id = 0; id < pieces.size(); ++id) {
        out_.scores[id] = static_cast<float>(rules.scores[id]);
      }
      return;
    }
    // llama.cpp merges any two tokens that are one together, the best score first. So do these
    // merges if all those of a token stand together, and none is left out.
    PieceRules same = rules;
    same.search = PieceSearch::scores;
    same.merges.clear();
    same.scores.assign(same.tokens.size(), 0);
    const std::vector<BpeMerge> given = pieces.merges();
    for (std::size_t i = 0; i < given.size(); ++i) {
      const TokenId made = given[i].result;
      const bool first = same.scores[made] == 0;
      if (!first && given[i - 1].result != made) {
        cannot("its merges are in an order that scores do not give");
      }
      if (first) same.scores[made] = -static_cast<double>(i + 1);
    }
    TokenizerFrame frame = pieces.frame();
    const PieceTokenizer scored(std::move(same), std::move(frame));
    if (scored.merges().size() != given.size()) cannot("it leaves out merges of its tokens");
    for (TokenId id = 0; id < pieces.size(); ++id) {
      out_.scores[id] = static_cast<float>(scored.rules().scores[id]);
    }
  }

  void unigram(const PieceTokenizer& pieces) {
    out_.model = "t5";
    tokens_of(pieces);
    const TokenizerFrame& frame = pieces.frame();
    bool squeezes = false, prefix = false;
    for (const Normalizer* const part : {&frame.normalize, &frame.prepare}) {
      for (const NormalizerStep& step : part->steps()) {
        if ((step.kind == Act::charsmap || step.kind == Act::sentencepiece) && !step.map.empty()) {
          out_.charsmap = step.map.front().bytes();
        }
        squeezes = squeezes || step.kind == Act::words || step.kind == Act::squeeze ||
                   (step.kind == Act::sentencepiece && step.squeeze_blanks);
        prefix = prefix || step.kind == Act::words || step.kind == Act::lead ||
                 (step.kind == Act::sentencepiece && step.prefix);
        const bool known = step.kind == Act::charsmap || step.kind == Act::sentencepiece ||
                           step.kind == Act::words || step.kind == Act::squeeze ||
                           step.kind == Act::lead || step.kind == Act::trim ||
                           (step.kind == Act::replace && step.to == kBlank);
        if (!known) cannot("Unigram of a text that is normalized so");
      }
    }
    out_.add_space_prefix = prefix;
    out_.remove_extra_whitespaces = squeezes;
    for (TokenId id = 0; id < pieces.size(); ++id) {
      out_.scores[id] = static_cast<float>(pieces.rules().scores[id]);
    }
  }

  const Tokenizer& tokenizer_;
  GgufTokenizer out_;
};

}  // namespace

GgufTokenizer gguf_tokenizer(const Tokenizer& tokenizer, std::size_t size) {
  return GgufOut(tokenizer, size).write();
}

}  // namespace mx
