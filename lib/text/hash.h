// SPDX-License-Identifier: Apache-2.0
// A 64-bit hash of short strings and of numbers: folded 64x64->128-bit products, as in wyhash
// (W. Yi, 2019). The same on every machine; not against adversaries who know it.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace mx {

[[nodiscard]] inline std::uint64_t hash_fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// Two numbers into one.
[[nodiscard]] inline std::uint64_t hash_numbers(std::uint64_t a, std::uint64_t b) {
  return hash_fold(a ^ 0xA0761D6478BD642FULL,
                   hash_fold(b ^ 0xE7037ED1A0B428DBULL, 0x8EBC6AF09C88C6E3ULL));
}

[[nodiscard]] inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0) {
  constexpr std::uint64_t kA = 0xA0761D6478BD642FULL, kB = 0xE7037ED1A0B428DBULL;
  const char* at = text.data();
  std::size_t left = text.size();
  const auto read = [](const char* from, std::size_t count) {
    std::uint64_t value = 0;
    std::memcpy(&value, from, count);
    return value;
  };
  std::uint64_t state = seed ^ kA;
  while (left > 16) {
    state = hash_fold(read(at, 8) ^ kB, read(at + 8, 8) ^ state);
    at += 16;
    left -= 16;
  }
  std::uint64_t a = 0, b = 0;
  if (left >= 8) {
    a = read(at, 8);
    b = read(at + left - 8, 8);
  } else if (left >= 4) {
    a = read(at, 4);
    b = read(at + left - 4, 4);
  } else if (left > 0) {
    a = static_cast<std::uint64_t>(static_cast<std::uint8_t>(at[0])) << 16U |
        static_cast<std::uint64_t>(static_cast<std::uint8_t>(at[left / 2])) << 8U |
        static_cast<std::uint8_t>(at[left - 1]);
  }
  return hash_fold(kB ^ text.size(), hash_fold(a ^ kB, b ^ state));
}

}  // namespace mx
