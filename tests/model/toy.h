// SPDX-License-Identifier: Apache-2.0
// A small language model that tests of the executor share.
#pragma once

#include "net/families.h"

namespace mx {

inline constexpr std::int64_t kVocab = 11;

inline Network language_model(Family family, double dropout = 0) {
  return build_language_model({.family = family,
                               .layers = 2,
                               .heads = 4,
                               .dim = 16,
                               .context = 8,
                               .kv_heads = family == Family::llama ? 2 : 4,
                               .dropout = dropout},
                              kVocab);
}

}  // namespace mx
