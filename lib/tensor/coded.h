// SPDX-License-Identifier: Apache-2.0
// Small tensors by mixed predictions (mixing.h): which elements are zero, from their neighbours,
// rows and columns; then the nonzeros. Slow (about two million elements per second) and small.
// Layouts: lib/file/FORMAT.md, "Mixing coder".
#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.h"
#include "tensor/codec.h"

namespace mx {

[[nodiscard]] Bytes encode_coded(DType dtype, ByteView raw, ChunkHint hint);
void decode_coded(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw);

// A bitmap, least significant bit first, of `bits` bits.
[[nodiscard]] Bytes encode_mask(ByteView mask, std::size_t bits, ChunkHint hint);
void decode_mask(ByteView encoded, std::size_t bits, ChunkHint hint, std::span<std::uint8_t> mask);

}  // namespace mx
