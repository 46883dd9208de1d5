// SPDX-License-Identifier: Apache-2.0
// The names that GGUF has for the ways in which byte-level BPE splits text (tokenizer.ggml.pre), as
// llama.cpp knows them (src/llama-vocab.cpp).
#pragma once

#include <array>
#include <string_view>

#include "text/split.h"

namespace mx {

struct GgufPre {
  std::string_view name;
  Splits split;
  bool whole = false, nfc = false, add_begin = false;
};

// The first of those with the same rules is the one that is written.
[[nodiscard]] inline const std::array<GgufPre, 6>& gguf_pres() {
  static const std::array<GgufPre, 6> kAll = {{
      {"gpt-2", {Split::gpt2}},
      {"llama-bpe", {Split::llama3}, /*whole=*/true, /*nfc=*/false, /*add_begin=*/true},
      {"llama3", {Split::llama3}, /*whole=*/true, /*nfc=*/false, /*add_begin=*/true},
      // llama.cpp leaves the normal form away, which the models' own files ask for.
      {"qwen2", {Split::qwen2}, /*whole=*/false, /*nfc=*/true},
      {"smollm", {Split::digits, Split::gpt2}},
      {"default", {Split::punctuation, Split::gpt2, Split::numbers, Split::thousands}},
  }};
  return kAll;
}

}  // namespace mx
