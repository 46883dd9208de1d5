// SPDX-License-Identifier: Apache-2.0
// The elements of arrays whose size the input claims and may not have.
#pragma once

#include "io/input.h"
#include "tensor/tensor.h"

namespace mx {

// byte_count(dtype, shape) bytes of `in`, which may claim more than it has (a pipe, a compressed
// file): pages that are not written cost nothing. Throws Kind::input "NAME is incomplete", and
// where they are over `limit` bytes (0: default_max_memory()).
[[nodiscard]] Tensor read_elements(io::Input& in, DType dtype, Shape shape, std::uint64_t limit);
// Throws Kind::input unless `in` is at its end.
void expect_end(io::Input& in);

}  // namespace mx
