// SPDX-License-Identifier: Apache-2.0
// Two ways of taking repetition out before another codec: sparse (a bit per element says whether it
// is nonzero, the nonzeros follow) and shared (at most 256 different values: a table and indices).
// Layouts: lib/file/FORMAT.md. Zero means all bits zero, so -0.0 is kept.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "tensor/codec.h"

namespace mx {

[[nodiscard]] Bytes encode_sparse(DType dtype, ByteView raw, ChunkHint hint, Effort effort);
void decode_sparse(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw);

// The different values in ascending order; nullopt: over 256 of them, or none.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> shared_values(DType dtype, ByteView raw);
[[nodiscard]] Bytes encode_shared(DType dtype, ByteView raw, std::span<const std::uint64_t> values,
                                  ChunkHint hint, Effort effort);
void decode_shared(DType dtype, ByteView encoded, ChunkHint hint, std::span<std::uint8_t> raw);

}  // namespace mx
