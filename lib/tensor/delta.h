// SPDX-License-Identifier: Apache-2.0
// Elements as differences to those of a base: floats as the whole numbers that stand in their
// order, so that neighbours differ by one. Layout: lib/file/FORMAT.md, "Codecs".
#pragma once

#include <span>

#include "base/bytes.h"
#include "tensor/codec.h"

namespace mx {

// hint.base: as many bytes as `raw`.
[[nodiscard]] Bytes encode_delta(DType dtype, ByteView raw, ChunkHint hint, Effort effort);
void decode_delta(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw);

}  // namespace mx
