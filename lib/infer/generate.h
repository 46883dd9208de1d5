// SPDX-License-Identifier: Apache-2.0
// Text that goes on: tokens drawn one by one, given out as whole characters.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "infer/sampling.h"
#include "text/tokenizer.h"

namespace mx {

struct GenerateOptions {
  SamplingOptions sampling;
  std::int64_t max_tokens = 128;
  std::vector<std::string> stop;  // the text ends before the first of these, which is not given out

  Fields fields();
};

// Gives out the continuation of `prompt` piece by piece until max_tokens, a stop string or the end
// token; false from `give` ends it. Of a prompt longer than the context its end is seen. When the
// context is full, the last half of it is read again and the text goes on. The token that begins a
// text stands in front of the prompt where the tokenizer has one; without it an empty prompt begins
// at the end token. Special tokens are never drawn, but for those that end a text, and neither is
// what the network scores beyond the tokenizer's tokens. Throws Kind::input for an empty prompt
// without either, and for what the tokenizer cannot encode.
void generate(const Engine& engine, const Tokenizer& tokenizer, std::string_view prompt,
              const GenerateOptions& options, Random& random,
              const std::function<bool(std::string_view)>& give);

}  // namespace mx
