// SPDX-License-Identifier: Apache-2.0
// Single zstd frames around zstd's library. Frames name their decoded size and carry no checksum.
// Decoding throws Kind::input unless `encoded` is exactly one frame of exactly `out.size()` bytes,
// with a window of at most 8 MiB.
#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.h"

namespace mx {

inline constexpr int kZstdWindowLog = 23;

[[nodiscard]] Bytes zstd_encode(ByteView raw, int level, ByteView dictionary = {});
// Entropy coding of single bytes only (Huffman), no matches: what planes of weights want.
[[nodiscard]] Bytes zstd_encode_literals(ByteView raw);
void zstd_decode(ByteView encoded, std::span<std::uint8_t> out, ByteView dictionary = {});

}  // namespace mx
