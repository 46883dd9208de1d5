// SPDX-License-Identifier: Apache-2.0
// Symmetric int8 with one scale per output row (the first dimension), zero stays exactly zero, so
// masks of a pruned weight survive. code = round_half_even(x / scale) in [-127, 127].
#pragma once

#include "tensor/tensor.h"

namespace mx {

// weight: f32, at least 2 dimensions. Scale of a row: max|x| / 127, rounded up to a bf16 value (its
// low 16 bits are zero, so that it codes to half the bytes); a row of zeros has scale 1. Non-finite
// numbers throw Kind::input with the weight's name.
[[nodiscard]] Weight quantize_channel(const Weight& weight);

}  // namespace mx
