// SPDX-License-Identifier: Apache-2.0
#include "io/bech32.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "io/secret.h"

namespace mx::io {
namespace {

constexpr std::string_view kLetters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kSum = 6;  // letters of the checksum

std::uint32_t sum_of(std::string_view what, const SecretBytes& fives) {
  constexpr std::array<std::uint32_t, 5> kTerms = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                   0x2a1462b3};
  std::uint32_t sum = 1;
  const auto add = [&](std::uint32_t five) {
    const std::uint32_t top = sum >> 25U;
    sum = (sum & 0x1ffffffU) << 5U ^ five;
    for (std::size_t i = 0; i < kTerms.size(); ++i) sum ^= (top >> i & 1U) != 0 ? kTerms[i] : 0;
  };
  for (const char letter : what) add(static_cast<std::uint8_t>(letter) >> 5U);
  add(0);
  for (const char letter : what) add(static_cast<std::uint8_t>(letter) & 31U);
  for (const std::uint8_t five : fives) add(five);
  return sum;
}

}  // namespace

std::string bech32(std::string_view what, ByteView bytes) {
  SecretBytes fives;
  fives.reserve(bytes.size() * 2 + kSum);  // it may be a secret: no copy is left behind
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    held = held << 8U | byte;
    for (bits += 8; bits >= 5; bits -= 5) {
      fives.push_back(static_cast<std::uint8_t>(held >> (bits - 5) & 31U));
    }
  }
  if (bits > 0) fives.push_back(static_cast<std::uint8_t>(held << (5 - bits) & 31U));
  const std::size_t size = fives.size();
  fives.resize(size + kSum);
  const std::uint32_t sum = sum_of(what, fives) ^ 1U;
  for (std::size_t i = 0; i < kSum; ++i) {
    fives[size + i] = static_cast<std::uint8_t>(sum >> (5 * (kSum - 1 - i)) & 31U);
  }
  std::string out;
  out.reserve(what.size() + 1 + fives.size());
  out.append(what).append("1");
  for (const std::uint8_t five : fives) out += kLetters[five];
  return out;
}

std::optional<Bytes> from_bech32(std::string_view what, std::string_view text) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (std::ranges::any_of(text, is_upper) && std::ranges::any_of(text, is_lower)) return {};
  const auto lower = [&](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; };
  if (text.size() < what.size() + 1 + kSum || text[what.size()] != '1' ||
      !std::ranges::equal(text.substr(0, what.size()), what, {}, lower)) {
    return {};
  }
  SecretBytes fives;
  fives.reserve(text.size());
  for (const char letter : text.substr(what.size() + 1)) {
    const std::size_t five = kLetters.find(lower(letter));
    if (five == std::string_view::npos) return {};
    fives.push_back(static_cast<std::uint8_t>(five));
  }
  if (sum_of(what, fives) != 1) return {};
  Bytes out;
  out.reserve(fives.size());
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (std::size_t i = 0; i + kSum < fives.size(); ++i) {
    held = held << 5U | fives[i];
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<std::uint8_t>(held >> bits & 255U));
    }
  }
  if (bits >= 5 || (held & ((1U << bits) - 1)) != 0) return {};
  return out;
}

}  // namespace mx::io
