// SPDX-License-Identifier: Apache-2.0
// SentencePiece's .model: a protocol buffer, drawn in its sentencepiece_model.proto
// (github.com/google/sentencepiece). Unigram and BPE models, with their normalizer.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "text/tokenizer_facts.h"

namespace mx {

// Whether `bytes` begin as such a file does.
[[nodiscard]] bool looks_like_sentencepiece(std::string_view bytes);
// Throws Kind::input for what is damaged and, by its name, for what is not known here.
[[nodiscard]] std::unique_ptr<Tokenizer> read_sentencepiece(std::string_view bytes,
                                                            const std::string& name,
                                                            const TokenizerFacts& facts);

}  // namespace mx
