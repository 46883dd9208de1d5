// SPDX-License-Identifier: Apache-2.0
// The tokenizer that --tokenizer names: one of a file, or one that is trained on the training part.
#pragma once

#include <memory>
#include <optional>

#include "base/log.h"
#include "data/prepare/corpus.h"
#include "data/prepare/divide.h"
#include "data/prepare/options.h"
#include "text/tokenizer.h"
#include "text/trainer.h"

namespace mx {

// nullptr when --tokenizer is a kind. Throws Kind::usage for a word that is neither.
[[nodiscard]] std::unique_ptr<Tokenizer> load_tokenizer(const std::string& word);
// What trains a tokenizer of that kind with its usual special tokens and `special`.
[[nodiscard]] std::unique_ptr<TokenizerTrainer> make_trainer(
    const std::string& kind, std::size_t vocab, bool lowercase = true,
    const std::vector<std::string>& special = {});
// Of a file: a model or data file, a tokenizer.json, a .model of SentencePiece, a vocab.txt.
[[nodiscard]] std::unique_ptr<Tokenizer> read_tokenizer(const std::string& path);

[[nodiscard]] std::unique_ptr<Tokenizer> train_tokenizer(const PrepareOptions& options,
                                                         Corpus& corpus,
                                                         const std::optional<Tail>& tail, Log& log);

}  // namespace mx
