// SPDX-License-Identifier: Apache-2.0
// Training a tokenizer: texts one after the other, in memory that does not grow with them, then the
// tokenizer. Same texts in the same order, same tokenizer; for char also in any order.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace mx {

struct TokenizerOptions {
  TokenizerKind kind = TokenizerKind::bpe;
  std::size_t vocab = 4096;  // bpe and wordpiece: tokens in all, special ones counted; text with
                             // little to merge gives fewer
  std::vector<std::string> specials;  // wordpiece must have [UNK]
  bool lowercase = true;              // wordpiece: fold case and strip accents, as BERT "uncased"
};

// kEndOfText; char: and kUnknown; wordpiece: [PAD] [UNK] [CLS] [SEP] [MASK].
[[nodiscard]] std::vector<std::string> usual_specials(TokenizerKind kind);

class TokenizerTrainer {
 public:
  TokenizerTrainer() = default;
  TokenizerTrainer(const TokenizerTrainer&) = delete;
  TokenizerTrainer& operator=(const TokenizerTrainer&) = delete;
  virtual ~TokenizerTrainer() = default;
  virtual void add(std::string_view text) = 0;
  // Throws Kind::input when no text came (byte needs none), Kind::usage when `vocab` is too small.
  [[nodiscard]] virtual std::unique_ptr<Tokenizer> finish() = 0;
};

[[nodiscard]] std::unique_ptr<TokenizerTrainer> make_trainer(const TokenizerOptions& options);

}  // namespace mx
