// SPDX-License-Identifier: Apache-2.0
// What a masked language model hides (Devlin et al. 2019, section 3.1): of 15 % of the tokens,
// which are then its targets, 80 % become the mask token, 10 % a random one, 10 % stay. Special
// tokens and padding are never hidden.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "text/tokenizer.h"

namespace mx {

struct Masking {
  std::int64_t mask = 0, vocab = 0;
  std::vector<std::int64_t> specials;
};
// Throws Kind::usage when the tokenizer has no [MASK].
[[nodiscard]] Masking masking_of(const Tokenizer& tokenizer);

// ids below 0 are padding. Every target becomes the hidden token, or -1.
void hide_tokens(std::span<std::int32_t> ids, std::span<std::int32_t> targets,
                 const Masking& masking, Random& random);

}  // namespace mx
