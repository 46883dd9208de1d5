// SPDX-License-Identifier: Apache-2.0
// What files beside a tokenizer say of it (Transformers' tokenizer_config.json, added_tokens.json,
// special_tokens_map.json and generation_config.json), or GGUF's keys: which tokens stand around a
// text, and where a text that is written ends.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace mx {

// Files by their names.
using TokenizerFiles = std::map<std::string, std::string, std::less<>>;

struct TokenizerFacts {
  std::string class_name;                 // Transformers' class, without "Fast" at its end
  std::optional<std::string> begin, end;  // texts of bos_token and eos_token
  std::optional<bool> adds_begin, adds_end;
  std::vector<TokenId> stops;     // of eos_token_id, when generating
  std::vector<AddedToken> added;  // added_tokens_decoder, else added_tokens.json
};

// Nothing is known without files. Throws Kind::input for what is not JSON.
[[nodiscard]] TokenizerFacts read_tokenizer_facts(const TokenizerFiles& files,
                                                  const std::string& folder);
// Puts them into a frame that has its added tokens and what the tokenizer itself says. id_of: of a
// token's text, nothing for one that is none.
void apply_facts(const TokenizerFacts& facts,
                 const std::function<std::optional<TokenId>(std::string_view)>& id_of,
                 TokenizerFrame& frame);

}  // namespace mx
