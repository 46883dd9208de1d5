// SPDX-License-Identifier: Apache-2.0
// The inner loops of byte planes and of their entropy coding (tensor/planes.*, tensor/rans.*): a
// portable one, one for AVX2, and one for AVX-512 with byte permutations (VBMI2). Every kernel
// makes the same bytes. Symbol `i` of a plane belongs to lane `i mod 128`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mx::planes {

inline constexpr std::size_t kLanes = 128;
inline constexpr unsigned kSlots = 256;
inline constexpr std::uint16_t kFirstState = 256;    // states lie in [256, 65536)
inline constexpr std::size_t kMargin = kLanes + 64;  // bytes a kernel may read ahead of need

using States = std::array<std::uint16_t, kLanes>;
using ByteTable = std::array<std::uint8_t, 256>;

// Of a block, by slot: state' = frequency * (state >> 8) + offset.
struct alignas(64) DecodeTable {
  ByteTable symbol, frequency, offset;
  std::uint8_t escape = 0;  // the symbol that stands for "one of the escapes"; no other has it
  bool escapes = false;     // there may be some
};

// Of a block, by symbol.
struct alignas(64) EncodeTable {
  ByteTable frequency, start, escaped;  // escaped: 0 or 255
  ByteTable low, high;                  // bytes of min(65535, 65536 / frequency)
  bool escapes = false;
};

// Bytes to come. Reading stops being safe kMargin before the end.
struct Stream {
  const std::uint8_t* at = nullptr;
  const std::uint8_t* end = nullptr;
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end - at); }
};

struct Decoder {
  alignas(64) States states;
  Stream bytes, escapes;
  // Whether 128 symbols more can be read safely when the streams have come to these places.
  [[nodiscard]] bool may_read(const std::uint8_t* byte, const std::uint8_t* escape) const {
    constexpr auto kLeast = static_cast<std::ptrdiff_t>(kMargin);
    return bytes.end - byte >= kLeast && escapes.end - escape >= kLeast;
  }
};
inline constexpr std::size_t kSpare = 8;  // bytes a kernel may write before those it is to write

// Written from the end of a buffer towards its beginning.
struct Encoder {
  alignas(64) States states;
  std::uint8_t* bytes = nullptr;
  std::uint8_t* escapes = nullptr;
};

using Split = std::array<std::uint8_t*, sizeof(std::uint64_t)>;
using Merge = std::array<const std::uint8_t*, sizeof(std::uint64_t)>;

struct Kernel {
  const char* name = "";
  // `n` elements of `size` bytes, rotated left by `rotation` bits, to `size` planes of n bytes, the
  // most significant first; and back.
  void (*split)(std::size_t size, const std::uint8_t* raw, std::size_t n, int rotation,
                const Split& planes) = nullptr;
  void (*merge)(std::size_t size, const Merge& planes, std::size_t n, int rotation,
                std::uint8_t* raw) = nullptr;
  // Fills `out`, whose first symbol is lane 0's, as far as kMargin bytes of both streams are left
  // before each 128 symbols. Returns how many symbols it made: out.size(), or a multiple of 128.
  std::size_t (*decode)(Decoder& decoder, const DecodeTable& table,
                        std::span<std::uint8_t> out) = nullptr;
  // Takes `in`, whose first symbol is lane 0's, from its end.
  void (*encode)(Encoder& encoder, const EncodeTable& table,
                 std::span<const std::uint8_t> in) = nullptr;
};

[[nodiscard]] Kernel portable_kernel();
[[nodiscard]] Kernel avx2_kernel();
[[nodiscard]] Kernel avx512vbmi2_kernel();
// Those that this processor runs, the fastest first.
[[nodiscard]] std::span<const Kernel> supported_kernels();
// The first of them, or the one that MX_KERNELS=portable, avx2 or avx512 asks for.
[[nodiscard]] const Kernel& kernel();

}  // namespace mx::planes
