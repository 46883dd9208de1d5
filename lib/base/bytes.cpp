// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

namespace mx {

std::uint64_t ByteReader::varint() {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    if (shift == 63 && byte > 1) break;
    out |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) != 0) continue;
    if (byte == 0 && shift != 0) break;
    return out;
  }
  fail(Kind::input, "{} holds a damaged number", name_);
}

ByteView ByteReader::take(std::size_t count) {
  if (count > left()) fail(Kind::input, "{} is incomplete", name_);
  const ByteView out = bytes_.subspan(at_, count);
  at_ += count;
  return out;
}

ByteView ByteReader::sized(std::size_t limit) {
  const std::uint64_t count = varint();
  if (count > limit) fail(Kind::input, "{} holds a length of {}, over {}", name_, count, limit);
  return take(static_cast<std::size_t>(count));
}

void ByteReader::finish() const {
  if (left() != 0) fail(Kind::input, "{} has {} bytes too many", name_, left());
}

// Out of line: inlined, GCC 12 sees overflows in it that are not there.
void ByteWriter::put(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

void ByteWriter::varint(std::uint64_t v) {
  while (v >= 0x80) {
    u8(static_cast<std::uint8_t>(v | 0x80));
    v >>= 7;
  }
  u8(static_cast<std::uint8_t>(v));
}

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

void from_hex(std::string_view hex, std::span<std::uint8_t> out) {
  const auto digit = [&](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    fail(Kind::input, "a digest holds a character that is no hexadecimal digit");
  };
  if (hex.size() != out.size() * 2) {
    fail(Kind::input, "a digest has {} digits, not {}", hex.size(), out.size() * 2);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  }
}

}  // namespace mx
