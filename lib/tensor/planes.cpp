// SPDX-License-Identifier: Apache-2.0
#include "tensor/planes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "base/error.h"
#include "tensor/scratch.h"
#include "tensor/zstd_frame.h"

namespace mx {
namespace {

enum Mode : std::uint8_t { kRaw = 0, kConstant = 1, kFrame = 2 };

// Whether bytes are spread so evenly that entropy coding cannot pay: the chance that two of them
// are equal is within a thirty-second of 1/256. In integers, so that every machine decides alike.
bool spread_evenly(ByteView bytes) {
  std::array<std::uint64_t, 256> counts{};
  for (const std::uint8_t byte : bytes) ++counts[byte];
  std::uint64_t squares = 0;
  for (const std::uint64_t count : counts) squares += count * count;
  const std::uint64_t n = bytes.size();
  return squares * 256 < n * n + n * n / 32 + 256 * n;
}

// By samples all over the plane: rounded numbers often lie in one part of a tensor.
bool looks_random(ByteView plane) {
  constexpr std::size_t kSamples = 16, kSample = 4096;
  if (plane.size() <= 4 * kSample) return spread_evenly(plane);
  for (std::size_t i = 0; i < kSamples; ++i) {
    const std::size_t at = (plane.size() - kSample) * i / (kSamples - 1);
    if (!spread_evenly(plane.subspan(at, kSample))) return false;
  }
  return true;
}

// The loops below are plain so that compilers make vector code of them: nothing overlaps.
template <class U>
void split(ByteView raw, bool rotate, std::uint8_t* planes, std::size_t n) {
  const std::uint8_t* __restrict from = raw.data();
  const int by = rotate ? 1 : 0;
  for (std::size_t k = 0; k < sizeof(U); ++k) {
    std::uint8_t* __restrict plane = planes + k * n;
    const auto shift = static_cast<int>(8 * (sizeof(U) - 1 - k));
    for (std::size_t i = 0; i < n; ++i) {
      U value;
      std::memcpy(&value, from + i * sizeof(U), sizeof(U));
      plane[i] = static_cast<std::uint8_t>(std::rotl(value, by) >> shift);
    }
  }
}

using Planes = std::array<const std::uint8_t*, sizeof(std::uint64_t)>;

template <class U>
void merge(const Planes& planes, bool rotate, std::span<std::uint8_t> raw) {
  const std::size_t n = raw.size() / sizeof(U);
  std::uint8_t* __restrict to = raw.data();
  const int by = rotate ? 1 : 0;
  const std::uint8_t* __restrict a = planes[0];
  if constexpr (sizeof(U) == 1) {
    for (std::size_t i = 0; i < n; ++i) to[i] = std::rotr(a[i], by);
  } else if constexpr (sizeof(U) == 2) {
    const std::uint8_t* __restrict b = planes[1];
    for (std::size_t i = 0; i < n; ++i) {
      const auto value = static_cast<U>(std::rotr(static_cast<U>(a[i] << 8 | b[i]), by));
      std::memcpy(to + i * sizeof(U), &value, sizeof(U));
    }
  } else if constexpr (sizeof(U) == 4) {
    const std::uint8_t* __restrict b = planes[1];
    const std::uint8_t* __restrict c = planes[2];
    const std::uint8_t* __restrict d = planes[3];
    for (std::size_t i = 0; i < n; ++i) {
      const U value = std::rotr(U{a[i]} << 24U | U{b[i]} << 16U | U{c[i]} << 8U | U{d[i]}, by);
      std::memcpy(to + i * sizeof(U), &value, sizeof(U));
    }
  } else {
    for (std::size_t i = 0; i < n; ++i) {
      U value = 0;
      for (std::size_t k = 0; k < sizeof(U); ++k) value = value << 8U | planes[k][i];
      value = std::rotr(value, by);
      std::memcpy(to + i * sizeof(U), &value, sizeof(U));
    }
  }
}

void rotate(DType dtype, std::span<std::uint8_t> bytes, int by) {
  if (!is_float(dtype)) return;
  with_unsigned(size_of(dtype), [&]<class U>(std::type_identity<U>) {
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(U)) {
      U value;
      std::memcpy(&value, bytes.data() + i, sizeof(U));
      value = std::rotl(value, by);
      std::memcpy(bytes.data() + i, &value, sizeof(U));
    }
  });
}

}  // namespace

void rotate_up(DType dtype, std::span<std::uint8_t> bytes) { rotate(dtype, bytes, 1); }
void rotate_down(DType dtype, std::span<std::uint8_t> bytes) { rotate(dtype, bytes, -1); }

void write_plane(ByteWriter& out, ByteView plane) {
  if (plane.empty()) return;
  if (std::ranges::all_of(plane, [&](std::uint8_t byte) { return byte == plane.front(); })) {
    out.u8(kConstant);
    out.u8(plane.front());
    return;
  }
  if (!looks_random(plane)) {
    const Bytes frame = zstd_encode_literals(plane);
    if (frame.size() + 4 < plane.size()) {
      out.u8(kFrame);
      out.sized(frame);
      return;
    }
  }
  out.u8(kRaw);
  out.put(plane);
}

ByteView read_plane(ByteReader& in, std::span<std::uint8_t> scratch) {
  if (scratch.empty()) return {};
  switch (in.u8()) {
    case kRaw:
      return in.take(scratch.size());
    case kConstant:
      std::memset(scratch.data(), in.u8(), scratch.size());
      return scratch;
    case kFrame:
      zstd_decode(in.sized(scratch.size()), scratch);
      return scratch;
    default:
      fail(Kind::input, "a byte plane has an unknown mode");
  }
}

Bytes encode_planes(DType dtype, ByteView raw) {
  const std::size_t size = size_of(dtype);
  const std::size_t n = raw.size() / size;
  Buffer large;
  const std::span planes = scratch<struct PlanesOut>(raw.size(), large);
  with_unsigned(size, [&]<class U>(std::type_identity<U>) {
    split<U>(raw, is_float(dtype), planes.data(), n);
  });
  ByteWriter out;
  out.reserve(raw.size() + 64);
  for (std::size_t k = 0; k < size; ++k) write_plane(out, planes.subspan(k * n, n));
  return out.take();
}

void decode_planes(DType dtype, ByteView encoded, std::span<std::uint8_t> raw) {
  const std::size_t size = size_of(dtype);
  const std::size_t n = raw.size() / size;
  Buffer large;
  const std::span room = scratch<struct PlanesIn>(raw.size(), large);
  Planes planes = {};
  ByteReader in(encoded, "a block of byte planes");
  for (std::size_t k = 0; k < size; ++k) {
    planes[k] = read_plane(in, room.subspan(k * n, n)).data();
  }
  in.finish();
  with_unsigned(size,
                [&]<class U>(std::type_identity<U>) { merge<U>(planes, is_float(dtype), raw); });
}

}  // namespace mx
