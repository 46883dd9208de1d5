// SPDX-License-Identifier: Apache-2.0
// Trains a WordPiece vocabulary. Google's trainer is not public; as the commonly used open one
// does, merges are learned by pair counts (text/merge_train.h) over characters, those inside a word
// written with "##", not by the likelihood ratio of Schuster and Nakajima (2012), which on small
// text spends the vocabulary on rare characters. Ids: special tokens, characters, merges.
#pragma once

#include "text/trainer.h"
#include "text/word_counts.h"

namespace mx {

class WordPieceTrainer final : public TokenizerTrainer {
 public:
  explicit WordPieceTrainer(TokenizerOptions options);
  void add(std::string_view text) override;
  [[nodiscard]] std::unique_ptr<Tokenizer> finish() override;

 private:
  TokenizerOptions options_;
  WordCounts words_;
  std::string text_;
};

}  // namespace mx
