// SPDX-License-Identifier: Apache-2.0
#include "tensor/convert.h"

#include <bit>
#include <cstring>

namespace mx {
namespace {

// Any IEEE-like float of at most 16 bits with infinities and denormals.
float widen(std::uint32_t bits, unsigned exponent_bits, unsigned mantissa_bits) {
  const std::uint32_t sign = (bits >> (exponent_bits + mantissa_bits)) << 31;
  const std::uint32_t top = (1U << exponent_bits) - 1;
  const std::uint32_t exponent = (bits >> mantissa_bits) & top;
  const std::uint32_t mantissa = bits & ((1U << mantissa_bits) - 1);
  const std::uint32_t bias = top >> 1;
  if (exponent == top) {
    return std::bit_cast<float>(sign | 0x7f800000U | mantissa << (23 - mantissa_bits));
  }
  if (exponent != 0) {
    return std::bit_cast<float>(sign | (exponent + 127 - bias) << 23 |
                                mantissa << (23 - mantissa_bits));
  }
  const float unit = std::bit_cast<float>((128 - bias - mantissa_bits) << 23);
  const float magnitude = static_cast<float>(mantissa) * unit;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

template <class T, class F>
void each(ByteView raw, std::span<float> out, F&& convert) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
    out[i] = convert(value);
  }
}

template <class T>
void cast(ByteView raw, std::span<float> out) {
  each<T>(raw, out, [](T value) { return static_cast<float>(value); });
}

}  // namespace

float f16_to_f32(std::uint16_t bits) { return widen(bits, 5, 10); }
float bf16_to_f32(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}
float e4m3_to_f32(std::uint8_t bits) {
  const std::uint32_t magnitude = bits & 0x7fU;
  const std::uint32_t sign = (bits & 0x80U) << 24;
  if (magnitude == 0x7f) return std::bit_cast<float>(sign | 0x7fc00000U);
  if (magnitude >= 0x78) {  // the exponent that would be infinity elsewhere holds numbers here
    return std::bit_cast<float>(sign | 135U << 23 | (magnitude & 7U) << 20);
  }
  return widen(bits, 4, 3);
}
float e5m2_to_f32(std::uint8_t bits) { return widen(bits, 5, 2); }

std::uint16_t f32_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return static_cast<std::uint16_t>(bits >> 16U | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16U & 1U)) >> 16U);
}

std::uint16_t f32_to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16U & 0x8000U, rest = bits & 0x7FFFFFFFU;
  if (rest > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);
  if (rest >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);  // rounds to 2^16
  // Below 2^-14 the last place is worth 2^-24: an addition rounds to it.
  if (rest < 0x38800000U) {
    constexpr float kPlaces = 0.5F;  // whose last place that is
    const float shifted = std::bit_cast<float>(rest) + kPlaces;
    return static_cast<std::uint16_t>(
        sign | (std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(kPlaces)));
  }
  const std::uint32_t odd = rest >> 13U & 1U;
  return static_cast<std::uint16_t>(sign | ((rest - 0x38000000U + 0xFFFU + odd) >> 13U));
}

void convert_to_f32(DType dtype, ByteView raw, std::span<float> out) {
  switch (dtype) {
    case DType::f32:
      if (!out.empty()) std::memcpy(out.data(), raw.data(), raw.size());
      return;
    case DType::f64:
      return cast<double>(raw, out);
    case DType::f16:
      return each<std::uint16_t>(raw, out, f16_to_f32);
    case DType::bf16:
      return each<std::uint16_t>(raw, out, bf16_to_f32);
    case DType::i8:
      return cast<std::int8_t>(raw, out);
    case DType::u8:
      return cast<std::uint8_t>(raw, out);
    case DType::i16:
      return cast<std::int16_t>(raw, out);
    case DType::u16:
      return cast<std::uint16_t>(raw, out);
    case DType::i32:
      return cast<std::int32_t>(raw, out);
    case DType::u32:
      return cast<std::uint32_t>(raw, out);
    case DType::i64:
      return cast<std::int64_t>(raw, out);
    case DType::u64:
      return cast<std::uint64_t>(raw, out);
    case DType::boolean:
      return each<std::uint8_t>(raw, out, [](std::uint8_t v) { return v != 0 ? 1.0F : 0.0F; });
    case DType::f8_e4m3:
      return each<std::uint8_t>(raw, out, e4m3_to_f32);
    case DType::f8_e5m2:
      return each<std::uint8_t>(raw, out, e5m2_to_f32);
  }
}

}  // namespace mx
