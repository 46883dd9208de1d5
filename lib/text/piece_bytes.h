// SPDX-License-Identifier: Apache-2.0
// The pieces that stand for bytes, as SentencePiece writes them: <0x00> to <0xFF>.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mx {

[[nodiscard]] inline std::optional<std::uint8_t> byte_of_piece(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return std::nullopt;
  const std::size_t high = kDigits.find(text[3]), low = kDigits.find(text[4]);
  if (high >= 16 || low >= 16) return std::nullopt;
  return static_cast<std::uint8_t>(16 * high + low);
}

}  // namespace mx
