// SPDX-License-Identifier: Apache-2.0
// What several kernel files share. Elements to byte planes and back are plain loops of which each
// makes vector code for its instruction set: nothing overlaps.
#pragma once

#include <bit>
#include <cstring>

#include "tensor/plane_kernels.h"
#include "tensor/tensor.h"

namespace mx::planes {
namespace {

template <class U>
void split_as(const std::uint8_t* raw, std::size_t n, int rotation, const Split& planes) {
  const std::uint8_t* __restrict from = raw;
  for (std::size_t k = 0; k < sizeof(U); ++k) {
    std::uint8_t* __restrict plane = planes[k];
    const auto shift = static_cast<int>(8 * (sizeof(U) - 1 - k));
    for (std::size_t i = 0; i < n; ++i) {
      U value;
      std::memcpy(&value, from + i * sizeof(U), sizeof(U));
      plane[i] = static_cast<std::uint8_t>(std::rotl(value, rotation) >> shift);
    }
  }
}

template <class U>
void merge_as(const Merge& planes, std::size_t n, int rotation, std::uint8_t* raw) {
  std::uint8_t* __restrict to = raw;
  const std::uint8_t* __restrict a = planes[0];
  if constexpr (sizeof(U) == 1) {
    for (std::size_t i = 0; i < n; ++i) to[i] = std::rotr(a[i], rotation);
  } else if constexpr (sizeof(U) == 2) {
    const std::uint8_t* __restrict b = planes[1];
    for (std::size_t i = 0; i < n; ++i) {
      const auto value = static_cast<U>(std::rotr(static_cast<U>(a[i] << 8 | b[i]), rotation));
      std::memcpy(to + i * sizeof(U), &value, sizeof(U));
    }
  } else if constexpr (sizeof(U) == 4) {
    const std::uint8_t* __restrict b = planes[1];
    const std::uint8_t* __restrict c = planes[2];
    const std::uint8_t* __restrict d = planes[3];
    for (std::size_t i = 0; i < n; ++i) {
      const U value =
          std::rotr(U{a[i]} << 24U | U{b[i]} << 16U | U{c[i]} << 8U | U{d[i]}, rotation);
      std::memcpy(to + i * sizeof(U), &value, sizeof(U));
    }
  } else {
    for (std::size_t i = 0; i < n; ++i) {
      U value = 0;
      for (std::size_t k = 0; k < sizeof(U); ++k) value = value << 8U | planes[k][i];
      value = std::rotr(value, rotation);
      std::memcpy(to + i * sizeof(U), &value, sizeof(U));
    }
  }
}

void split(std::size_t size, const std::uint8_t* raw, std::size_t n, int rotation,
           const Split& planes) {
  with_unsigned(size,
                [&]<class U>(std::type_identity<U>) { split_as<U>(raw, n, rotation, planes); });
}

void merge(std::size_t size, const Merge& planes, std::size_t n, int rotation, std::uint8_t* raw) {
  with_unsigned(size,
                [&]<class U>(std::type_identity<U>) { merge_as<U>(planes, n, rotation, raw); });
}

// One load for what belongs to a slot: frequency, symbol and offset, a byte each from bit 16 down.
[[maybe_unused]] std::array<std::uint32_t, kSlots> joined(const DecodeTable& table) {
  std::array<std::uint32_t, kSlots> out;
  for (unsigned i = 0; i < kSlots; ++i) {
    out[i] = std::uint32_t{table.frequency[i]} << 16U | std::uint32_t{table.symbol[i]} << 8U |
             table.offset[i];
  }
  return out;
}
// And to a symbol: the reciprocal from bit 16, frequency, start.
[[maybe_unused]] std::array<std::uint32_t, 256> joined(const EncodeTable& table) {
  std::array<std::uint32_t, 256> out;
  for (unsigned i = 0; i < 256; ++i) {
    out[i] = std::uint32_t{table.high[i]} << 24U | std::uint32_t{table.low[i]} << 16U |
             std::uint32_t{table.frequency[i]} << 8U | table.start[i];
  }
  return out;
}

// Puts the next escapes where their mark stands; returns those left.
[[maybe_unused]] const std::uint8_t* put_escapes(std::uint8_t mark, std::span<std::uint8_t> out,
                                                 const std::uint8_t* escapes) {
  while (!out.empty()) {
    const void* const found = std::memchr(out.data(), mark, out.size());
    if (found == nullptr) break;
    const auto at = static_cast<const std::uint8_t*>(found) - out.data();
    out[static_cast<std::size_t>(at)] = *escapes++;
    out = out.subspan(static_cast<std::size_t>(at) + 1);
  }
  return escapes;
}
[[maybe_unused]] void take_escapes(const EncodeTable& table, std::span<const std::uint8_t> in,
                                   std::uint8_t*& escapes) {
  for (std::size_t i = in.size(); i-- > 0;) {
    if (table.escaped[in[i]] != 0) *--escapes = in[i];
  }
}

}  // namespace
}  // namespace mx::planes
