// SPDX-License-Identifier: Apache-2.0
// Trains a byte-level BPE tokenizer: words counted, merges learned (text/merge_train.h).
#pragma once

#include "text/trainer.h"
#include "text/word_counts.h"

namespace mx {

class BpeTrainer final : public TokenizerTrainer {
 public:
  explicit BpeTrainer(TokenizerOptions options);
  void add(std::string_view text) override;
  [[nodiscard]] std::unique_ptr<Tokenizer> finish() override;

 private:
  TokenizerOptions options_;
  WordCounts words_;
};

}  // namespace mx
