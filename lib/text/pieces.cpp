// SPDX-License-Identifier: Apache-2.0
#include "text/pieces.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/words.h"
#include "text/piece_bytes.h"
#include "text/stream_decoder.h"
#include "text/word_cache.h"

namespace mx {
namespace {

constexpr TokenId kNone = ~TokenId{0};
constexpr std::size_t kMostTokens = 1U << 22U;

class PieceEncoder final : public Encoder {
 public:
  explicit PieceEncoder(const PieceTokenizer& tokenizer)
      : Encoder(tokenizer), tokenizer_(tokenizer) {}

 private:
  void encode_part(std::string_view text, std::vector<TokenId>& ids) override {
    const PieceRules& rules = tokenizer_.rules();
    std::string repaired;
    if (!rules.bytes && !valid_utf8(text)) {
      repaired = replace_invalid(text);
      text = repaired;
    }
    const std::size_t before = ids.size();
    double score = 0;
    while (!text.empty()) {
      const std::string_view word = text.substr(0, tokenizer_.word_size(text));
      if (tokenizer_.by_word()) {
        cache_.append(word, ids, [this](std::string_view unseen, std::vector<TokenId>& out) {
          double alone = 0;
          tokenizer_.encode_word(unseen, alone, scratch_, out);
        });
      } else {
        tokenizer_.encode_word(word, score, scratch_, ids);
      }
      text.remove_prefix(word.size());
    }
    if (!rules.unknown || rules.bytes) return;
    unknown_ += static_cast<std::uint64_t>(
        std::count(ids.begin() + static_cast<std::ptrdiff_t>(before), ids.end(), *rules.unknown));
  }

  const PieceTokenizer& tokenizer_;
  WordCache cache_;
  Unigram::Scratch scratch_;
};

// Whether a blank stands behind another character in it.
bool has_inner_blank(std::string_view text) {
  for (std::size_t at = text.find(kBlank, 1); at != std::string_view::npos;
       at = text.find(kBlank, at + 1)) {
    if (!text.substr(0, at).ends_with(kBlank)) return true;
  }
  return false;
}

}  // namespace

PieceTokenizer::PieceTokenizer(PieceRules rules, TokenizerFrame given)
    : Tokenizer(std::move(given)), rules_(std::move(rules)) {
  const bool scored = rules_.search != PieceSearch::merges;
  if (size() > kMostTokens || rules_.scores.size() != (scored ? size() : 0)) {
    fail(Kind::input, "the pieces are too many, or have not one score each");
  }
  if (!rules_.unknown && !rules_.bytes) {
    fail(Kind::input, "the pieces have neither an unknown token nor those of bytes");
  }
  if (rules_.unknown && *rules_.unknown >= size()) {
    fail(Kind::input, "the unknown token {} is out of range", *rules_.unknown);
  }
  check_frame();
  for (const AddedToken& token : frame().added) {
    const std::string& text = rules_.tokens[token.id];
    if (!text.empty() && text != token.text) {
      fail(Kind::input, "the special token '{}' is not token {}", printable(token.text), token.id);
    }
  }
  byte_of_.assign(size(), -1);
  if (rules_.bytes) find_bytes();
  find_ordinary();
  if (rules_.search == PieceSearch::unigram) {
    unigram_ = make_unigram();
  } else {
    find_characters();
    const Pairs pairs = scored ? pairs_of_scores() : pairs_of_merges();
    table_ = std::make_unique<MergeTable>(pairs.merges, pairs.ranks);
  }
  cuts_ = ids_.contains(kBlank) && std::ranges::none_of(ids_, [](const auto& entry) {
            return has_inner_blank(entry.first);
          });
  drops_blank_ = frame().normalize.puts_in_front(kBlank) || frame().prepare.puts_in_front(kBlank);
}

void PieceTokenizer::find_bytes() {
  byte_ids_.fill(kNone);
  for (TokenId id = 0; id < size(); ++id) {
    const std::optional<std::uint8_t> byte = byte_of_piece(rules_.tokens[id]);
    if (!byte || added(id) != nullptr) continue;
    byte_ids_[*byte] = id;
    byte_of_[id] = *byte;
  }
  if (std::ranges::find(byte_ids_, kNone) != byte_ids_.end()) {
    fail(Kind::input, "the pieces of bytes are not all there");
  }
}

void PieceTokenizer::find_ordinary() {
  ordinary_.assign(size(), false);
  for (TokenId id = 0; id < size(); ++id) {
    const std::string& text = rules_.tokens[id];
    if (text.size() > kLongest) fail(Kind::input, "the token {} has over {} bytes", id, kLongest);
    ordinary_[id] = !text.empty() && byte_of_[id] < 0 && id != rules_.unknown && !is_special(id);
    if (ordinary_[id]) ids_.insert_or_assign(text, id);
  }
  is_always_.assign(size(), false);
  for (const TokenId id : rules_.always) {
    if (id >= size() || !ordinary_[id] || is_always_[id]) {
      fail(Kind::input, "the token {} cannot be taken wherever it stands, or is listed twice", id);
    }
    is_always_[id] = true;
    always_.insert(rules_.tokens[id], id);
  }
}

// Every character of an ordinary token is a symbol that merges begin with.
void PieceTokenizer::find_characters() {
  quick_.fill(kNone);
  for (TokenId token = 0; token < size(); ++token) {
    if (!ordinary_[token]) continue;
    const std::string_view text = rules_.tokens[token];
    for (std::size_t at = 0; at < text.size();) {
      const Character character = decode_character(text, at);
      const std::string_view bytes = text.substr(at, character.size);
      at += character.size;
      if (symbol_of(character.code)) continue;
      TokenId id = 0;
      if (const auto known = ids_.find(bytes); known != ids_.end()) {
        id = known->second;
      } else if (rules_.search == PieceSearch::scores) {
        id = static_cast<TokenId>(size() + strangers_.size());
        strangers_.emplace_back(bytes);
      } else {
        continue;
      }
      if (character.code < quick_.size()) {
        quick_[character.code] = id;
      } else {
        characters_.emplace(character.code, id);
      }
    }
  }
}

std::optional<TokenId> PieceTokenizer::symbol_of(char32_t code) const {
  if (code < quick_.size()) {
    return quick_[code] == kNone ? std::nullopt : std::optional(quick_[code]);
  }
  const auto found = characters_.find(code);
  return found == characters_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<TokenId> PieceTokenizer::symbol_of(std::string_view text) const {
  const auto found = ids_.find(text);
  if (found != ids_.end()) return found->second;
  const Character character = decode_character(text, 0);
  return character.size == text.size() ? symbol_of(character.code) : std::nullopt;
}

std::unique_ptr<Unigram> PieceTokenizer::make_unigram() const {
  Unigram::Rules rules{.single = rules_.single};
  std::vector<UnigramPiece> pieces;
  bool first = true;
  // The package tokenizers counts all tokens for the lowest score, SentencePiece the normal ones.
  for (TokenId id = 0; id < size(); ++id) {
    if (rules_.tokens[id].empty()) continue;
    const double score = rules_.single ? static_cast<float>(rules_.scores[id]) : rules_.scores[id];
    const bool always = is_always_[id];
    if (!rules_.single || (ordinary_[id] && !always)) {
      rules.lowest = first ? score : std::min(rules.lowest, score);
      first = false;
    }
    if (ordinary_[id]) pieces.push_back({rules_.tokens[id], id, score, always});
  }
  return std::make_unique<Unigram>(pieces, rules);
}

std::unique_ptr<Encoder> PieceTokenizer::encoder() const {
  return std::make_unique<PieceEncoder>(*this);
}

std::size_t PieceTokenizer::word_size(std::string_view text) const {
  if (!rules_.words && !cuts_) return text.size();
  for (std::size_t at = text.find(kBlank, 1); at != std::string_view::npos;
       at = text.find(kBlank, at + kBlank.size())) {
    if (rules_.words || !text.substr(0, at).ends_with(kBlank)) return at;
  }
  return text.size();
}

void PieceTokenizer::put_unknown(std::string_view bytes, bool& after_unknown,
                                 std::vector<TokenId>& ids) const {
  if (rules_.bytes) {
    for (const char c : bytes) ids.push_back(byte_ids_[static_cast<std::uint8_t>(c)]);
    return;
  }
  if (!after_unknown || !rules_.fuse) ids.push_back(*rules_.unknown);
  after_unknown = true;
}

void PieceTokenizer::encode_word(std::string_view word, double& score, Unigram::Scratch& scratch,
                                 std::vector<TokenId>& ids) const {
  if (!unigram_) return merge_word(word, ids);
  unigram_->search(word, score, scratch);
  bool after_unknown = false;
  for (const Unigram::Part& part : scratch.parts) {
    if (part.id == Unigram::kNoPiece) {
      put_unknown(word.substr(part.begin, part.end - part.begin), after_unknown, ids);
    } else {
      ids.push_back(part.id);
      after_unknown = false;
    }
  }
}

void PieceTokenizer::merge_word(std::string_view word, std::vector<TokenId>& ids) const {
  std::size_t begin = ids.size();  // of what is merged when something comes that is not
  bool after_unknown = false;
  const auto finish = [&] { finish_merging(begin, after_unknown, ids); };
  for (std::size_t at = 0; at < word.size();) {
    if (!always_.empty()) {
      if (const ByteTrie::Found found = always_.longest(word, at); found.size > 0) {
        finish();
        ids.push_back(found.value);
        after_unknown = false;
        begin = ids.size();
        at += found.size;
        continue;
      }
    }
    const Character character = decode_character(word, at);
    const bool kept = rules_.bytes && !character.valid;  // as bytes
    const std::optional<TokenId> symbol = kept ? std::nullopt : symbol_of(character.code);
    if (symbol) {
      ids.push_back(*symbol);
    } else {
      finish();
      put_unknown(word.substr(at, character.size), after_unknown, ids);
      begin = ids.size();
    }
    at += character.size;
  }
  finish();
}

// Merges ids[begin, end); characters that became no token are unknown after all.
void PieceTokenizer::finish_merging(std::size_t begin, bool& after_unknown,
                                    std::vector<TokenId>& ids) const {
  if (begin == ids.size()) return;
  ids.resize(begin + table_->apply(std::span(ids).subspan(begin)));
  const auto first = ids.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto strange = std::find_if(first, ids.end(), [&](TokenId id) { return id >= size(); });
  if (strange == ids.end()) {
    after_unknown = false;
    return;
  }
  const std::vector<TokenId> rest(first, ids.end());
  ids.resize(begin);
  for (const TokenId id : rest) {
    if (id < size()) {
      ids.push_back(id);
      after_unknown = false;
    } else {
      put_unknown(strangers_[id - size()], after_unknown, ids);
    }
  }
}

void PieceTokenizer::append_text(TokenId id, bool first, std::string& out) const {
  if (byte_of_[id] >= 0) {
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(byte_of_[id])));
    return;
  }
  std::string_view text = rules_.tokens[id];
  if (first && drops_blank_ && text.starts_with(kBlank)) text.remove_prefix(kBlank.size());
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(kBlank), text.size());
    out += text.substr(0, at);
    if (at == text.size()) return;
    out.push_back(' ');
    text.remove_prefix(at + kBlank.size());
  }
}

}  // namespace mx
