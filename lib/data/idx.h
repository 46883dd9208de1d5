// SPDX-License-Identifier: Apache-2.0
// IDX files (LeCun's MNIST format): magic 0 0 type rank, big-endian sizes, elements. Unsigned bytes
// only; images [n, h, w] (or [n, c, h, w]) and labels [n].
#pragma once

#include "io/input.h"
#include "tensor/tensor.h"

namespace mx {

// Whether a file begins like IDX.
[[nodiscard]] bool is_idx(ByteView head);
// Reads the sizes and leaves `in` at the first element.
[[nodiscard]] Shape read_idx_shape(io::Input& in);
// dtype u8. Throws Kind::input: not IDX, another element type, sizes that do not match the bytes,
// over `limit` bytes (0: default_max_memory()).
[[nodiscard]] Tensor read_idx(io::Input& in, std::uint64_t limit = 0);

}  // namespace mx
