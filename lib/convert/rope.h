// SPDX-License-Identifier: Apache-2.0
// Rotary positions as Transformers' configs say them: plain, linear, llama3, yarn (Peng et al.
// 2023) and longrope (Ding et al. 2024), each of which is a factor for every pair of a head and one
// scale. https://huggingface.co/docs/transformers/en/internal/rope_utils
#pragma once

#include <vector>

#include "convert/hf_config.h"

namespace mx {

struct Rope {
  double base = 10000;
  std::vector<double> factors = {};  // [head_dim / 2], or none: all 1
  double scale = 1;
  std::int64_t context = 0;  // tokens up to which this holds
  // Of a head's numbers the first so many turn, in halves. Where that is not all of them,
  // rotary_first() of queries and keys brings the pairs to where the factors, which stop the
  // others, have them.
  std::int64_t rotary = 0;
};

// Of rope_theta, rope_scaling, rope_parameters and partial_rotary_factor. Where the factors change
// with a text's length (longrope), those of texts up to the original length, which is the context
// then. Other kinds are refused by name, and so is a part of a head unless `partly`.
[[nodiscard]] Rope read_rope(HfConfig& config, std::int64_t head_dim, std::int64_t context,
                             bool partly);

// What read_rope reads as the block's, rope_theta included: llama3 with Meta's settings and linear
// where the factors are theirs, else longrope. Kind::usage where only a part of each head turns.
[[nodiscard]] Json rope_parameters(const Attention& attention, std::int64_t context);

}  // namespace mx
