// SPDX-License-Identifier: Apache-2.0
// The elements of arrays whose size the input claims and may not have.
#pragma once

#include "io/input.h"
#include "tensor/tensor.h"

namespace mx {

// byte_count(dtype, shape) bytes of `in`. Where they cannot be known to be there (a pipe, a
// compressed file), memory grows as they come. Throws Kind::input "NAME is incomplete".
[[nodiscard]] Tensor read_elements(io::Input& in, DType dtype, Shape shape);
// Throws Kind::input unless `in` is at its end.
void expect_end(io::Input& in);

}  // namespace mx
