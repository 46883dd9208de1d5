// SPDX-License-Identifier: Apache-2.0
#include "text/sentencepiece_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/bytes.h"
#include "base/error.h"
#include "base/words.h"
#include "text/package_parts.h"
#include "text/pieces.h"

namespace mx {
namespace {

constexpr std::size_t kMostPieces = 1U << 21U;

// One message of a protocol buffer (protobuf.dev/programming-guides/encoding), field by field.
class Message {
 public:
  Message(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  // False at the end.
  bool next() {
    if (bytes_.empty()) return false;
    const std::uint64_t key = varint();
    field_ = key >> 3U;
    number_ = 0;
    text_ = {};
    switch (key & 7U) {
      case 0:
        number_ = varint();
        return true;
      case 1:
        text_ = take(8);
        return true;
      case 2:
        text_ = take(varint());
        return true;
      case 5:
        text_ = take(4);
        return true;
      default:
        fail(Kind::input, "{} is damaged: it is no SentencePiece model", name_);
    }
  }
  [[nodiscard]] std::uint64_t field() const { return field_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] bool flag() const { return number_ != 0; }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] Message inner() const { return {text_, name_}; }
  [[nodiscard]] float real() const {
    float value = 0;
    if (text_.size() != sizeof(value)) fail(Kind::input, "{}: a score is none", name_);
    std::memcpy(&value, text_.data(), sizeof(value));
    if (!std::isfinite(value)) fail(Kind::input, "{}: a score is not finite", name_);
    return value;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) fail(Kind::input, "{} is incomplete", name_);
      const auto byte = static_cast<std::uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    fail(Kind::input, "{} is damaged: it is no SentencePiece model", name_);
  }
  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size()) fail(Kind::input, "{} is incomplete", name_);
    const std::string_view out = bytes_.substr(0, static_cast<std::size_t>(size));
    bytes_.remove_prefix(out.size());
    return out;
  }

  std::string_view bytes_;
  const std::string& name_;
  std::uint64_t field_ = 0, number_ = 0;
  std::string_view text_;
};

enum PieceType : std::uint8_t {
  kNormal = 1,
  kUnknownPiece,
  kControl,
  kUserDefined,
  kUnused,
  kByte
};

class ModelFile {
 public:
  ModelFile(std::string_view bytes, const std::string& name, const TokenizerFacts& facts)
      : name_(name), facts_(facts) {
    step_.kind = NormalizerStep::Kind::sentencepiece;
    step_.prefix = step_.squeeze_blanks = true;
    rules_.single = true;
    Message model(bytes, name);
    while (model.next()) {
      switch (model.field()) {
        case 1:
          piece(model.inner());
          break;
        case 2:
          trainer(model.inner());
          break;
        case 3:
          normalizer(model.inner());
          break;
        default:
          break;  // self tests; how decoded text is changed back
      }
    }
  }

  std::unique_ptr<Tokenizer> finish() {
    constexpr std::uint64_t kUnigram = 1, kBpe = 2;
    if (rules_.tokens.empty() || !rules_.unknown) {
      fail(Kind::input, "{} is no SentencePiece model: it has no pieces, or no unknown one", name_);
    }
    if (model_type_ != kUnigram && model_type_ != kBpe) {
      refuse_package(name_, model_type_ == 3 ? "SentencePiece's word" : "SentencePiece's char");
    }
    rules_.search = model_type_ == kBpe ? PieceSearch::scores : PieceSearch::unigram;
    TokenizerFrame frame;
    frame.added = std::move(added_);
    for (const AddedToken& token : facts_.added) add(token, frame.added);
    std::vector<NormalizerStep> steps;
    steps.push_back(std::move(step_));
    frame.normalize = Normalizer(std::move(steps));
    std::optional<TokenId> end;
    if (end_ >= 0 && static_cast<std::size_t>(end_) < rules_.tokens.size()) {
      end = static_cast<TokenId>(end_);
    }
    apply_facts(
        facts_,
        [&](std::string_view text) -> std::optional<TokenId> {
          const auto at = std::ranges::find(frame.added, text, &AddedToken::text);
          return at == frame.added.end() ? std::nullopt : std::optional(at->id);
        },
        frame);
    if (!frame.end && end) {
      frame.end = end;
      frame.open = true;
    }
    return std::make_unique<PieceTokenizer>(std::move(rules_), std::move(frame));
  }

 private:
  void piece(Message message) {
    std::string text;
    float score = 0;
    std::uint64_t type = kNormal;
    while (message.next()) {
      if (message.field() == 1) text = message.text();
      if (message.field() == 2) score = message.real();
      if (message.field() == 3) type = message.number();
    }
    const auto id = static_cast<TokenId>(rules_.tokens.size());
    if (id >= kMostPieces) fail(Kind::input, "{} has too many pieces", name_);
    if (text.empty() || !valid_utf8(text)) {
      fail(Kind::input, "{}: the piece {} is no text", name_, id);
    }
    if (type < kNormal || type > kByte || type == kUnused) {
      refuse_package(name_, fmt::format("a piece of the type {}", type));
    }
    if (type == kUnknownPiece) rules_.unknown = id;
    if (type == kUnknownPiece || type == kControl) added_.push_back({.text = text, .id = id});
    if (type == kByte) rules_.bytes = true;
    if (type == kUserDefined) {
      rules_.always.push_back(id);
      step_.keep.push_back(text);
    }
    rules_.tokens.push_back(std::move(text));
    // The shortest decimal that is this float when it is read again.
    rules_.scores.push_back(std::stod(fmt::format("{}", score)));
  }

  void trainer(Message message) {
    while (message.next()) {
      switch (message.field()) {
        case 3:
          model_type_ = message.number();
          break;
        case 24:
          if (message.flag()) refuse_package(name_, "treat_whitespace_as_suffix");
          break;
        case 42:
          end_ = static_cast<std::int32_t>(message.number());
          break;
        default:
          break;
      }
    }
  }

  void normalizer(Message message) {
    while (message.next()) {
      switch (message.field()) {
        case 2:
          step_.map.clear();
          if (!message.text().empty()) step_.map.emplace_back(message.text());
          break;
        case 3:
          step_.prefix = message.flag();
          break;
        case 4:
          step_.squeeze_blanks = message.flag();
          break;
        case 5:
          if (!message.flag()) refuse_package(name_, "SentencePiece without escape_whitespaces");
          break;
        default:
          break;
      }
    }
  }

  // What Transformers adds to the file's own.
  void add(const AddedToken& token, std::vector<AddedToken>& added) {
    const auto at = std::ranges::find(added, token.id, &AddedToken::id);
    if (at != added.end()) {
      if (at->text != token.text) {
        fail(Kind::input, "{}: the token {} is '{}', elsewhere '{}'", name_, token.id,
             printable(at->text), printable(token.text));
      }
      *at = token;
      return;
    }
    if (token.id >= kMostPieces) fail(Kind::input, "{}: an added token's id is too high", name_);
    if (token.id >= rules_.tokens.size()) {
      rules_.tokens.resize(token.id + std::size_t{1});
      rules_.scores.resize(rules_.tokens.size());
    }
    added.push_back(token);
  }

  const std::string& name_;
  const TokenizerFacts& facts_;
  PieceRules rules_;
  NormalizerStep step_;
  std::vector<AddedToken> added_;
  std::uint64_t model_type_ = 1;
  std::int32_t end_ = 2;
};

}  // namespace

bool looks_like_sentencepiece(std::string_view bytes) {
  // Its first piece: field 1 of the model, in which field 1 is the text.
  return bytes.size() > 3 && bytes[0] == '\n' && static_cast<std::uint8_t>(bytes[1]) < 0x80 &&
         bytes[2] == '\n';
}

std::unique_ptr<Tokenizer> read_sentencepiece(std::string_view bytes, const std::string& name,
                                              const TokenizerFacts& facts) {
  return ModelFile(bytes, name, facts).finish();
}

}  // namespace mx
