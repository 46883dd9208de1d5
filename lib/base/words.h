// SPDX-License-Identifier: Apache-2.0
// Words for messages: the closest known word to a typo, names made safe to print, numbers as people
// write them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mx {

// The candidate within a third of `given`'s length (at least 1, at most 3) of edits, insertions,
// deletions and swapped neighbours counted; empty when none is that close.
[[nodiscard]] std::string closest(std::string_view given, std::span<const std::string> candidates);
// "did you mean X", or empty.
[[nodiscard]] std::string did_you_mean(std::string_view given,
                                       std::span<const std::string> candidates);
// Control bytes and invalid UTF-8 as \xNN, backslash doubled: what comes from a file, on a
// terminal.
[[nodiscard]] std::string printable(std::string_view text);
// "1.50 KB", "12 B", "3.20 GB" (powers of 1000).
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);
// 668712 -> "668,712".
[[nodiscard]] std::string grouped(std::uint64_t number);
// 1.5MB, 300KB, 2GiB, 4096 -> bytes. Throws Kind::usage.
[[nodiscard]] std::uint64_t parse_bytes(std::string_view text);
// "2 h 5 min", "3 min 20 s", "4.2 s".
[[nodiscard]] std::string human_seconds(double seconds);
// Digits alone, as a number; nothing for other text, and for what is too large.
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char at);
// A path as messages show it: "standard input" for "-", else printable.
[[nodiscard]] std::string input_name(std::string_view path);
// As a shell reads it back as one word; what would not be seen, in the escapes of Bash's $'...'.
[[nodiscard]] std::string shell_word(std::string_view text);
[[nodiscard]] std::string in_quotes(std::string_view text);  // likewise, in single quotes always
[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace mx
