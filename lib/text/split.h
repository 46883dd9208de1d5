// SPDX-License-Identifier: Apache-2.0
// Text cut into words, in stages: each cuts the parts that the one before it made. All are scanned
// by hand over Unicode categories. Bytes that are not UTF-8 count as symbols: neither letter,
// number nor space, so that any bytes are cut, and the words put together are the text again.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mx {

enum class Split : std::uint8_t {
  // GPT-2's pattern (Radford et al. 2019):
  //   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  gpt2,
  // Llama 3's (as published with the model):
  //   (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}
  //   | ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
  llama3,
  qwen2,  // the same with \p{N}, one digit at a time
  // Mistral's Tekken; U stands for \p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}, l for \p{Ll}\p{Lm}\p{Lo}\p{M}:
  //   [^\r\n\p{L}\p{N}]?[U]*[l]+|[^\r\n\p{L}\p{N}]?[U]+[l]*|\p{N}
  //   | ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
  tekken,
  // o200k of GPT-4o, gpt-oss, Llama 4 and Phi-4-mini: the same with \p{N}{1,3}, and with
  // (?i:'s|'t|'re|'ve|'m|'ll|'d)? behind each of the first two.
  o200k,
  digits,  // each \p{N} alone
  // The three of DeepSeek-V3; what the last one leaves between its matches is a part, too.
  triples,   // \p{N}{1,3}
  cjk,       // runs of U+4E00 to U+9FA5 and of kana, U+3040 to U+30FF
  deepseek,  // [!-/:-@[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+
             // | ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
  // Those of llama.cpp's "default":
  punctuation,  // runs of [\p{P}$+<=>^~|]
  numbers,      // runs of \p{N}
  thousands,    // [0-9][0-9][0-9]
};
// Whether it makes a part of all text: its pattern leaves out nothing.
[[nodiscard]] constexpr bool covers(Split split) { return split <= Split::o200k; }
using Splits = std::vector<Split>;

// "gpt2", or a list of names. Throws Kind::input with `where`.
[[nodiscard]] Splits splits_from_json(const Json& json, const std::string& where);
[[nodiscard]] Json splits_json(const Splits& splits);

class Splitter {
 public:
  static constexpr std::size_t kMost = 8;  // stages
  // `splits` must outlive it. Without any, the text is one word.
  Splitter(const Splits& splits, std::string_view text) : splits_(splits) { left_[0] = text; }
  // False at the end. `word` is a part of the text, never empty.
  [[nodiscard]] bool next(std::string_view& word);

 private:
  const Splits& splits_;
  std::array<std::string_view, kMost + 1> left_ = {};  // what each stage has not cut yet
};

}  // namespace mx
