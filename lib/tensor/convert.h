// SPDX-License-Identifier: Apache-2.0
// Numbers of every element type as f32, exactly where f32 can hold them and rounded to nearest
// even where it cannot (f64, wide integers). Portable code: the same bits on every machine.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "tensor/tensor.h"

namespace mx {

[[nodiscard]] float f16_to_f32(std::uint16_t bits);
[[nodiscard]] float bf16_to_f32(std::uint16_t bits);
// Rounded to nearest, ties to even; what is too large becomes an infinity, NaN stays NaN.
[[nodiscard]] std::uint16_t f32_to_f16(float value);
[[nodiscard]] std::uint16_t f32_to_bf16(float value);
// OCP 8-bit floats: e4m3 has no infinities (0x7f and 0xff are NaN), e5m2 is a short f16.
[[nodiscard]] float e4m3_to_f32(std::uint8_t bits);
[[nodiscard]] float e5m2_to_f32(std::uint8_t bits);

// raw: out.size() elements of `dtype`.
void convert_to_f32(DType dtype, ByteView raw, std::span<float> out);

}  // namespace mx
