// SPDX-License-Identifier: Apache-2.0
#include "tensor/quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.h"
#include "base/words.h"

namespace mx {
namespace {

constexpr float kLargest = 127;

// The smallest bf16 value that is not below x > 0; the smallest normal one for what is smaller.
float round_up_bf16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(std::max(x, 0x1p-126F));
  return std::bit_cast<float>((bits + 0xffffU) & 0xffff0000U);
}

}  // namespace

Weight quantize_channel(const Weight& weight) {
  const Shape& shape = weight.values.shape;
  if (weight.scheme != Scheme::plain || weight.values.dtype != DType::f32 || shape.size() < 2) {
    fail(Kind::failed, "tensor \"{}\" cannot be quantized per channel", weight.name);
  }
  Weight out;
  out.name = weight.name;
  out.scheme = Scheme::channel;
  out.values = Tensor(DType::i8, shape);
  out.scales = Tensor(DType::f32, {shape[0]});
  const std::span<const float> numbers = weight.values.as<float>();
  const std::span<std::int8_t> codes = out.values.as<std::int8_t>();
  const std::span<float> scales = out.scales.as<float>();
  const std::size_t row = scales.empty() ? 0 : numbers.size() / scales.size();
  for (std::size_t r = 0; r < scales.size(); ++r) {
    float largest = 0;
    for (const float x : numbers.subspan(r * row, row)) {
      if (!std::isfinite(x)) {
        throw Error{Kind::input, fmt::format("tensor \"{}\" holds a number that is not finite",
                                             printable(weight.name))};
      }
      largest = std::max(largest, std::abs(x));
    }
    scales[r] = largest == 0 ? 1.0F : round_up_bf16(largest / kLargest);
    if (!std::isfinite(scales[r])) {
      throw Error{Kind::input, fmt::format("tensor \"{}\" holds numbers too large to quantize",
                                           printable(weight.name))};
    }
    for (std::size_t i = r * row; i < (r + 1) * row; ++i) {
      const float code = std::nearbyint(numbers[i] / scales[r]);
      codes[i] = static_cast<std::int8_t>(std::clamp(code, -kLargest, kLargest));
    }
  }
  return out;
}

}  // namespace mx
