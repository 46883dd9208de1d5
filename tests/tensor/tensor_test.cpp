// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tensor/convert.h"
#include "tensor/quantize.h"

namespace mx {
namespace {

Weight weight_of(Shape shape, std::vector<float> values) {
  return {"w", tensor_of(std::move(shape), values), Scheme::plain, {}};
}

}  // namespace

TEST_CASE("a shape that overflows, is negative or has nine dimensions is refused") {
  CHECK(element_count({}) == 1);
  CHECK(element_count({3, 0, 5}) == 0);
  CHECK(byte_count(DType::f64, {2, 3}) == 48);
  const std::int64_t big = std::int64_t{1} << 33;
  CHECK_THROWS_AS((void)element_count({big, big}), Error);
  CHECK_THROWS_AS((void)element_count({big, 0, big}), Error);
  CHECK_THROWS_AS((void)byte_count(DType::f32, {std::int64_t{1} << 62}), Error);
  CHECK_THROWS_AS((void)element_count({2, -1}), Error);
  CHECK_THROWS_AS((void)element_count(Shape(9, 1)), Error);
}

TEST_CASE("type names and codes are read back, others refused") {
  for (std::uint8_t code = 0; code < 15; ++code) {
    CHECK(dtype_from_name(name_of(dtype_from(code))) == dtype_from(code));
  }
  CHECK_THROWS_AS((void)dtype_from(15), Error);
  CHECK_THROWS_AS((void)dtype_from_name("float"), Error);
}

TEST_CASE("elements are reached as their own type only") {
  Tensor tensor(DType::i8, {3});
  CHECK(tensor.as<std::int8_t>().size() == 3);
  CHECK_THROWS_AS((void)tensor.as<float>(), Error);
}

TEST_CASE("small floats become f32 as their formats say") {
  CHECK(f16_to_f32(0x3c00) == 1.0F);
  CHECK(f16_to_f32(0x0001) == 0x1p-24F);
  CHECK(f16_to_f32(0x83ff) == -0x3ffp-24F);
  CHECK(f16_to_f32(0x7bff) == 65504.0F);
  CHECK(std::isinf(f16_to_f32(0xfc00)));
  CHECK(std::isnan(f16_to_f32(0x7e01)));
  CHECK(bf16_to_f32(0xbf80) == -1.0F);
  CHECK(e4m3_to_f32(0x7e) == 448.0F);
  CHECK(e4m3_to_f32(0x78) == 256.0F);
  CHECK(e4m3_to_f32(0x81) == -0x1p-9F);
  CHECK(std::isnan(e4m3_to_f32(0xff)));
  CHECK(e5m2_to_f32(0x7b) == 57344.0F);
  CHECK(e5m2_to_f32(0x01) == 0x1p-16F);
  CHECK(std::isinf(e5m2_to_f32(0x7c)));
}

TEST_CASE("nonzeros are counted without minus zero") {
  const Weight weight = weight_of({4}, {0.0F, -0.0F, 1.0F, 1e-45F});
  CHECK(count_nonzero(weight.values) == 2);
  Tensor codes(DType::i8, {2});
  codes.as<std::int8_t>()[0] = -128;
  codes.as<std::int8_t>()[1] = 0;
  CHECK(count_nonzero(codes) == 1);
}

TEST_CASE("per-channel quantization stays within half a step and keeps zeros") {
  const Weight weight = weight_of({3, 4}, {0.1F, -0.5F, 0.0F, 0.3F, 0, 0, 0, 0, -2, 1, 0.01F, 0});
  const Weight quantized = quantize_channel(weight);
  CHECK(quantized.scheme == Scheme::channel);
  CHECK(quantized.values.shape == weight.values.shape);
  const Tensor back = to_f32(quantized);
  for (std::size_t i = 0; i < 12; ++i) {
    const float x = weight.values.as<float>()[i];
    const float scale = quantized.scales.as<float>()[i / 4];
    CHECK(std::abs(back.as<float>()[i] - x) <= scale * 0.5F * 1.0001F);
    if (x == 0) CHECK(back.as<float>()[i] == 0);
  }
  CHECK(quantized.scales.as<float>()[1] == 1.0F);
  for (const float scale : quantized.scales.as<float>()) {
    CHECK((std::bit_cast<std::uint32_t>(scale) & 0xffffU) == 0);
  }
}

TEST_CASE("numbers that are not finite, or whose scale would not be, cannot be quantized") {
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS((void)quantize_channel(weight_of({1, 2}, {1, infinity})), Error);
  CHECK_THROWS_AS((void)quantize_channel(weight_of({1, 2}, {1, std::nanf("")})), Error);
  const Weight tiny = quantize_channel(weight_of({1, 2}, {1e-45F, 0}));
  CHECK(tiny.scales.as<float>()[0] > 0);
  const Weight huge = quantize_channel(weight_of({1, 1}, {std::numeric_limits<float>::max()}));
  CHECK(huge.values.as<std::int8_t>()[0] >= 126);
}

TEST_CASE("a copied tensor owns its own bytes") {
  Tensor one = tensor_of({2}, std::vector<float>{1, 2});
  Tensor two = one;
  two.as<float>()[0] = 9;
  CHECK(one.as<float>()[0] == 1);
  CHECK(two.as<float>()[1] == 2);
}

}  // namespace mx
