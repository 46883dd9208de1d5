// SPDX-License-Identifier: Apache-2.0
// Two ways of taking repetition out before another codec: sparse (a bit per element says whether it
// is nonzero, the nonzeros follow) and shared (at most 256 different values: a table and indices).
// Layouts: lib/file/FORMAT.md. Zero means all bits zero, so -0.0 is kept.
#pragma once

#include <optional>
#include <span>

#include "base/bytes.h"
#include "tensor/codec.h"

namespace mx {

[[nodiscard]] Bytes encode_sparse(DType dtype, ByteView raw, ChunkHint hint, Effort effort);
void decode_sparse(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw);

// nullopt: more than 256 different values.
[[nodiscard]] std::optional<Bytes> encode_shared(DType dtype, ByteView raw, ChunkHint hint,
                                                 Effort effort);
void decode_shared(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw);

}  // namespace mx
