// SPDX-License-Identifier: Apache-2.0
// UTF-8 read one character at a time and written back. Bytes that are no character are told apart,
// never skipped: a maximal invalid part (Unicode 15, section 3.9, "Substitution of Maximal
// Subparts") is one step, as other decoders count it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mx {

inline constexpr char32_t kReplacement = 0xFFFD;

struct Character {
  char32_t code = kReplacement;  // U+FFFD where the bytes are no character
  std::uint8_t size = 1;         // bytes taken, at least 1
  bool valid = false;
};

// The character that begins at text[at]; at < text.size().
[[nodiscard]] Character decode_character(std::string_view text, std::size_t at);

// `code` must be a scalar value (no surrogate, at most U+10FFFF).
void append_character(char32_t code, std::string& out);

// Whether a byte continues a character.
[[nodiscard]] inline bool is_continuation(char byte) {
  return (static_cast<std::uint8_t>(byte) & 0xC0U) == 0x80;
}

// How many bytes at the end of `text` are the beginning of a character whose rest is missing: 0 to
// 3.
[[nodiscard]] std::size_t unfinished_tail(std::string_view text);

// "U+00E9"
[[nodiscard]] std::string code_point_name(char32_t code);

}  // namespace mx
