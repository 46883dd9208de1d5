// SPDX-License-Identifier: Apache-2.0
// tokenizer.json of the Python package tokenizers: byte-level BPE, BPE of characters, WordPiece and
// Unigram.
#pragma once

#include <memory>
#include <string>

#include "text/tokenizer_facts.h"

namespace mx {

// Throws Kind::input for what is damaged and, by its name, for what is not known here.
[[nodiscard]] std::unique_ptr<Tokenizer> read_package_tokenizer(const Json& json,
                                                                const std::string& name,
                                                                const TokenizerFacts& facts);

}  // namespace mx
