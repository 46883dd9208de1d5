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
[[nodiscard]] inline const std::array<GgufPre, 10>& gguf_pres() {
  static const std::array<GgufPre, 10> kAll = {{
      {"gpt-2", {Split::gpt2}},
      {"llama-bpe", {Split::llama3}, /*whole=*/true, /*nfc=*/false, /*add_begin=*/true},
      {"llama3", {Split::llama3}, /*whole=*/true, /*nfc=*/false, /*add_begin=*/true},
      // llama.cpp leaves the normal form away, which the models' own files ask for.
      {"qwen2", {Split::qwen2}, /*whole=*/false, /*nfc=*/true},
      // Of these two llama.cpp tells capitals in ASCII alone; here they are what the models' own
      // files say.
      {"tekken", {Split::tekken}, /*whole=*/true, /*nfc=*/false, /*add_begin=*/true},
      {"gpt-4o", {Split::o200k}},
      {"llama4", {Split::o200k}},
      {"deepseek-v3", {Split::triples, Split::cjk, Split::deepseek}},
      {"smollm", {Split::digits, Split::gpt2}},
      {"default", {Split::punctuation, Split::gpt2, Split::numbers, Split::thousands}},
  }};
  return kAll;
}

}  // namespace mx
