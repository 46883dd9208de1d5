// SPDX-License-Identifier: Apache-2.0
// Byte planes: equal bytes of all elements side by side, each plane entropy-coded for itself.
// Layouts: lib/file/FORMAT.md. Decoders throw Kind::input and fill their output exactly.
#pragma once

#include <span>

#include "base/bytes.h"
#include "tensor/tensor.h"

namespace mx {

// Floats are rotated left by one bit, so that the sign is at the bottom and the exponent on top;
// other types stay as they are. And back. `bytes`: whole elements.
void rotate_up(DType dtype, std::span<std::uint8_t> bytes);
void rotate_down(DType dtype, std::span<std::uint8_t> bytes);

// One plane: its mode, then raw bytes, one byte, a Huffman-coded frame or rANS; the smallest.
void write_plane(ByteWriter& out, ByteView plane);
// The plane, in `room` (of its size) or where it lies.
[[nodiscard]] ByteView read_plane(ByteReader& in, std::span<std::uint8_t> room);

[[nodiscard]] Bytes encode_planes(DType dtype, ByteView raw);
void decode_planes(DType dtype, ByteView encoded, std::span<std::uint8_t> raw);

}  // namespace mx
