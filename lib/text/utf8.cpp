// SPDX-License-Identifier: Apache-2.0
#include "text/utf8.h"

#include <fmt/format.h>

namespace mx {
namespace {

// What a first byte promises: how many bytes in all, and the range of the second one, which is
// where overlong forms, surrogates and codes over U+10FFFF are excluded.
struct Lead {
  std::uint8_t size = 0;  // 0: no first byte
  std::uint8_t low = 0x80, high = 0xBF;
};

Lead lead_of(std::uint8_t byte) {
  if (byte < 0x80) return {1};
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {2};
  if (byte < 0xF0) {
    return {3, static_cast<std::uint8_t>(byte == 0xE0 ? 0xA0 : 0x80),
            static_cast<std::uint8_t>(byte == 0xED ? 0x9F : 0xBF)};
  }
  if (byte < 0xF5) {
    return {4, static_cast<std::uint8_t>(byte == 0xF0 ? 0x90 : 0x80),
            static_cast<std::uint8_t>(byte == 0xF4 ? 0x8F : 0xBF)};
  }
  return {};
}

// How many bytes from text[at] on fit what the first one promises.
std::uint8_t fitting(std::string_view text, std::size_t at, const Lead& lead) {
  std::uint8_t count = 1;
  while (count < lead.size && at + count < text.size()) {
    const auto byte = static_cast<std::uint8_t>(text[at + count]);
    const bool fits =
        count == 1 ? byte >= lead.low && byte <= lead.high : byte >= 0x80 && byte <= 0xBF;
    if (!fits) break;
    ++count;
  }
  return count;
}

}  // namespace

Character decode_character(std::string_view text, std::size_t at) {
  const auto first = static_cast<std::uint8_t>(text[at]);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  const std::uint8_t count = fitting(text, at, lead);
  if (lead.size == 0 || count < lead.size) return {kReplacement, count, false};
  char32_t code = first & (0x7FU >> lead.size);
  for (std::size_t i = 1; i < count; ++i) {
    code = code << 6U | (static_cast<std::uint8_t>(text[at + i]) & 0x3FU);
  }
  return {code, count, true};
}

void append_character(char32_t code, std::string& out) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6U);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12U);
    put(0x80 | (code >> 6U & 0x3F));
  } else {
    put(0xF0 | code >> 18U);
    put(0x80 | (code >> 12U & 0x3F));
    put(0x80 | (code >> 6U & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

std::size_t unfinished_tail(std::string_view text) {
  const std::size_t most = text.size() < 3 ? text.size() : 3;
  for (std::size_t back = 1; back <= most; ++back) {
    const std::size_t at = text.size() - back;
    const Lead lead = lead_of(static_cast<std::uint8_t>(text[at]));
    if (lead.size == 0) continue;
    return lead.size > back && fitting(text, at, lead) == back ? back : 0;
  }
  return 0;
}

std::string code_point_name(char32_t code) {
  return fmt::format("U+{:04X}", static_cast<std::uint32_t>(code));
}

}  // namespace mx
