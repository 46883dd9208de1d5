// SPDX-License-Identifier: Apache-2.0
// A tokenizer of ours as other programs have it: the files that Transformers'
// PreTrainedTokenizerFast loads, and the keys of GGUF that llama.cpp tokenizes by; ids stay as they
// are. What cannot be said there is refused with the reason: Kind::usage. Known to differ there:
// Transformers applies SentencePiece's map of characters to whole clusters; llama.cpp leaves
// Qwen2's normal form away, knows the capitals of Tekken and o200k in ASCII alone, and puts a blank
// in front of a text that begins with one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"

namespace mx {

struct HfTokenizer {
  Json tokenizer;  // tokenizer.json
  Json config;     // tokenizer_config.json
};
[[nodiscard]] HfTokenizer hugging_face_tokenizer(const Tokenizer& tokenizer);

// Keys tokenizer.ggml.* (github.com/ggml-org/ggml, docs/gguf.md); empty lists and absent values are
// keys that are left out.
struct GgufTokenizer {
  std::string model;                // llama, gpt2, bert, t5
  std::string pre;                  // of gpt2
  std::vector<std::string> tokens;  // by id, as many as `size`
  std::vector<float> scores;
  std::vector<std::int32_t> types;  // token_type
  std::vector<std::string> merges;
  std::optional<TokenId> begin, end, unknown, separator, padding, mask;  // *_token_id
  std::optional<bool> add_begin, add_end;  // add_bos_token, add_eos_token
  std::optional<bool> add_space_prefix, remove_extra_whitespaces;
  std::string charsmap;  // precompiled_charsmap, bytes
};
// `size`: the network's vocabulary; ids that the tokenizer does not have are unused tokens.
[[nodiscard]] GgufTokenizer gguf_tokenizer(const Tokenizer& tokenizer, std::size_t size);

}  // namespace mx
