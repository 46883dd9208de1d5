// SPDX-License-Identifier: Apache-2.0
// Tokenizers that other programs made: tokenizer.json (package_file.h), SentencePiece's .model
// (sentencepiece_file.h), vocab.json with merges.txt (GPT-2's) and vocab.txt (one WordPiece token a
// line, BERT's). What such a file asks for and this project does not do is refused by name, never
// passed over in silence.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "text/tokenizer_facts.h"

namespace mx {

// The files of a folder that are looked at, the first of which decides.
inline constexpr std::string_view kTokenizerFiles[] = {"tokenizer.json",
                                                       "tokenizer.model",
                                                       "spiece.model",
                                                       "sentencepiece.bpe.model",
                                                       "vocab.json",
                                                       "vocab.txt",
                                                       "merges.txt",
                                                       "tokenizer_config.json",
                                                       "special_tokens_map.json",
                                                       "added_tokens.json",
                                                       "generation_config.json"};

// `bytes`: a tokenizer of this project as JSON, a tokenizer.json, a .model or a vocab.txt, told
// apart by their first bytes and keys. `name` is what messages call it. Throws Kind::input.
[[nodiscard]] std::unique_ptr<Tokenizer> tokenizer_from_text(std::string_view bytes,
                                                             const std::string& name);
// Of the files of a folder; nullptr when no tokenizer is among them.
[[nodiscard]] std::unique_ptr<Tokenizer> tokenizer_from_files(const TokenizerFiles& files,
                                                              const std::string& folder);
// Likewise; Kind::input when there is none.
[[nodiscard]] std::unique_ptr<Tokenizer> tokenizer_from_folder(const std::string& path);

}  // namespace mx
