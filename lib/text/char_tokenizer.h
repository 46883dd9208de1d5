// SPDX-License-Identifier: Apache-2.0
// One id for each character of the text it was trained on, in the order of their code points;
// special tokens follow. A character that is not among them is the special token kUnknown, where
// there is one, else Kind::input. Bytes that are no UTF-8 count as U+FFFD. Not exact.
#pragma once

#include <array>
#include <unordered_map>

#include "text/tokenizer.h"
#include "text/trainer.h"

namespace mx {

class CharTokenizer final : public Tokenizer {
 public:
  // `characters`: ascending, no doubles.
  CharTokenizer(std::u32string characters, TokenizerFrame frame);
  [[nodiscard]] static std::unique_ptr<Tokenizer> from_json(JsonObject& object);

  [[nodiscard]] TokenizerKind kind() const override { return TokenizerKind::character; }
  [[nodiscard]] std::size_t size() const override {
    return characters_.size() + frame().added.size();
  }
  [[nodiscard]] bool exact() const override { return false; }
  [[nodiscard]] std::unique_ptr<Encoder> encoder() const override;
  [[nodiscard]] Json to_json() const override;
  [[nodiscard]] std::optional<TokenId> unknown() const override { return special(kUnknown); }
  [[nodiscard]] const std::u32string& characters() const { return characters_; }
  [[nodiscard]] std::optional<TokenId> find(char32_t character) const;

 private:
  void append_text(TokenId id, bool first, std::string& out) const override;

  std::u32string characters_;
};

// Collects the characters of all texts.
class CharTrainer final : public TokenizerTrainer {
 public:
  explicit CharTrainer(std::vector<std::string> specials) : specials_(std::move(specials)) {}
  void add(std::string_view text) override;
  [[nodiscard]] std::unique_ptr<Tokenizer> finish() override;

 private:
  std::vector<std::string> specials_;
  std::vector<bool> seen_ = std::vector<bool>(0x110000);
};

}  // namespace mx
