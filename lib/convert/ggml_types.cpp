// SPDX-License-Identifier: Apache-2.0
#include "convert/ggml_types.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "tensor/convert.h"

namespace mx {
namespace {

constexpr std::size_t kSmall = 32, kLarge = 256;  // elements of a block

float half_at(const std::uint8_t* at) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, sizeof(bits));
  return f16_to_f32(bits);
}
std::uint32_t word_at(const std::uint8_t* at) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, at, sizeof(bits));
  return bits;
}
float number(std::uint32_t code) { return static_cast<float>(code); }
float signed_number(std::int32_t code) { return static_cast<float>(code); }

// Two codes a byte: the low halves are the first 16, the high ones the others.
void q4_0(const std::uint8_t* block, float* out) {
  const float scale = half_at(block);
  for (std::size_t i = 0; i < kSmall / 2; ++i) {
    const std::uint8_t both = block[2 + i];
    out[i] = signed_number((both & 15) - 8) * scale;
    out[i + kSmall / 2] = signed_number((both >> 4) - 8) * scale;
  }
}
void q4_1(const std::uint8_t* block, float* out) {
  const float scale = half_at(block), least = half_at(block + 2);
  for (std::size_t i = 0; i < kSmall / 2; ++i) {
    const std::uint8_t both = block[4 + i];
    out[i] = number(both & 15U) * scale + least;
    out[i + kSmall / 2] = number(both >> 4U) * scale + least;
  }
}
// The fifth bits stand together in a word.
void q5_0(const std::uint8_t* block, float* out) {
  const float scale = half_at(block);
  const std::uint32_t high = word_at(block + 2);
  for (std::size_t i = 0; i < kSmall / 2; ++i) {
    const std::uint8_t both = block[6 + i];
    const std::uint32_t low = (both & 15U) | (high >> i & 1U) << 4U;
    const std::uint32_t other = (both >> 4U) | (high >> (i + 16) & 1U) << 4U;
    out[i] = signed_number(static_cast<std::int32_t>(low) - 16) * scale;
    out[i + kSmall / 2] = signed_number(static_cast<std::int32_t>(other) - 16) * scale;
  }
}
void q5_1(const std::uint8_t* block, float* out) {
  const float scale = half_at(block), least = half_at(block + 2);
  const std::uint32_t high = word_at(block + 4);
  for (std::size_t i = 0; i < kSmall / 2; ++i) {
    const std::uint8_t both = block[8 + i];
    out[i] = number((both & 15U) | (high >> i & 1U) << 4U) * scale + least;
    out[i + kSmall / 2] = number((both >> 4U) | (high >> (i + 16) & 1U) << 4U) * scale + least;
  }
}
void q8_0(const std::uint8_t* block, float* out) {
  const float scale = half_at(block);
  for (std::size_t i = 0; i < kSmall; ++i) {
    out[i] = signed_number(static_cast<std::int8_t>(block[2 + i])) * scale;
  }
}

// Eight scales and eight least values of 6 bits each, in 12 bytes.
struct Pair {
  std::uint32_t scale, least;
};
Pair pair_at(const std::uint8_t* packed, std::size_t i) {
  const auto at = [&](std::size_t place) { return std::uint32_t{packed[place]}; };
  if (i < 4) return {at(i) & 63U, at(i + 4) & 63U};
  return {(at(i + 4) & 15U) | (at(i - 4) >> 6U) << 4U, (at(i + 4) >> 4U) | (at(i) >> 6U) << 4U};
}

// Groups of 64: the low halves of 32 bytes, then the high ones; `fifth`: bits above them, or none.
void four_or_five(const std::uint8_t* block, const std::uint8_t* codes, const std::uint8_t* fifth,
                  float* out) {
  const float scale = half_at(block), least = half_at(block + 2);
  for (std::size_t half = 0; half < kLarge / kSmall; ++half) {
    const Pair pair = pair_at(block + 4, half);
    const float step = scale * number(pair.scale), shift = least * number(pair.least);
    const std::uint8_t* const from = codes + half / 2 * kSmall;
    for (std::size_t i = 0; i < kSmall; ++i) {
      std::uint32_t code = half % 2 == 0 ? from[i] & 15U : from[i] >> 4U;
      if (fifth != nullptr) code |= (fifth[i] >> half & 1U) << 4U;
      out[half * kSmall + i] = step * number(code) - shift;
    }
  }
}
void q4_k(const std::uint8_t* block, float* out) { four_or_five(block, block + 16, nullptr, out); }
void q5_k(const std::uint8_t* block, float* out) {
  four_or_five(block, block + 48, block + 16, out);
}

void q6_k(const std::uint8_t* block, float* out) {
  constexpr std::size_t kHigh = 128, kScales = 192, kScale = 208, kHalf = 128;
  const float scale = half_at(block + kScale);
  for (std::size_t half = 0; half < 2; ++half) {
    const std::uint8_t* const low = block + half * 64;
    const std::uint8_t* const high = block + kHigh + half * kSmall;
    for (std::size_t part = 0; part < 4; ++part) {
      for (std::size_t i = 0; i < kSmall; ++i) {
        const std::uint8_t both = low[i + part % 2 * kSmall];
        const std::uint32_t four = part < 2 ? both & 15U : both >> 4U;
        const std::uint32_t code = four | (high[i] >> (2 * part) & 3U) << 4U;
        const auto by = static_cast<std::int8_t>(block[kScales + half * 8 + part * 2 + i / 16]);
        out[half * kHalf + part * kSmall + i] =
            scale * signed_number(by) * signed_number(static_cast<std::int32_t>(code) - 32);
      }
    }
  }
}

void put_half(float value, std::uint8_t* at) {
  const std::uint16_t bits = f32_to_f16(value);
  std::memcpy(at, &bits, sizeof(bits));
}
void to_f32_block(const float* from, std::uint8_t* block) {
  std::memcpy(block, from, sizeof(float));
}
void to_f16_block(const float* from, std::uint8_t* block) { put_half(*from, block); }
void to_bf16_block(const float* from, std::uint8_t* block) {
  const std::uint16_t bits = f32_to_bf16(*from);
  std::memcpy(block, &bits, sizeof(bits));
}
void to_q8_0(const float* from, std::uint8_t* block) {
  constexpr float kMost = 127;
  float largest = 0;
  for (std::size_t i = 0; i < kSmall; ++i) largest = std::max(largest, std::fabs(from[i]));
  const float scale = largest / kMost;
  const float inverse = scale != 0 ? 1 / scale : 0;
  put_half(scale, block);
  for (std::size_t i = 0; i < kSmall; ++i) {
    block[2 + i] =
        static_cast<std::uint8_t>(static_cast<std::int8_t>(std::round(from[i] * inverse)));
  }
}
// The number that is largest in size becomes the code 0, which is -8 steps.
void to_q4_0(const float* from, std::uint8_t* block) {
  float largest = 0;
  for (std::size_t i = 0; i < kSmall; ++i) {
    if (std::fabs(from[i]) > std::fabs(largest)) largest = from[i];
  }
  const float scale = largest / -8;
  const float inverse = scale != 0 ? 1 / scale : 0;
  put_half(scale, block);
  const auto code = [&](std::size_t i) {
    return static_cast<std::uint32_t>(std::min(15.0F, std::floor(from[i] * inverse + 8.5F)));
  };
  for (std::size_t i = 0; i < kSmall / 2; ++i) {
    block[2 + i] = static_cast<std::uint8_t>(code(i) | code(i + kSmall / 2) << 4U);
  }
}

struct Row {
  std::uint32_t code;
  GgmlType type;
};
constexpr std::array<Row, 16> kTypes = {
    {{0, {"F32", 1, 4, DType::f32, nullptr, to_f32_block}},
     {1, {"F16", 1, 2, DType::f16, nullptr, to_f16_block}},
     {2, {"Q4_0", kSmall, 18, {}, q4_0, to_q4_0}},
     {3, {"Q4_1", kSmall, 20, {}, q4_1}},
     {6, {"Q5_0", kSmall, 22, {}, q5_0}},
     {7, {"Q5_1", kSmall, 24, {}, q5_1}},
     {8, {"Q8_0", kSmall, 34, {}, q8_0, to_q8_0}},
     {12, {"Q4_K", kLarge, 144, {}, q4_k}},
     {13, {"Q5_K", kLarge, 176, {}, q5_k}},
     {14, {"Q6_K", kLarge, 210, {}, q6_k}},
     {24, {"I8", 1, 1, DType::i8}},
     {25, {"I16", 1, 2, DType::i16}},
     {26, {"I32", 1, 4, DType::i32}},
     {27, {"I64", 1, 8, DType::i64}},
     {28, {"F64", 1, 8, DType::f64}},
     {30, {"BF16", 1, 2, DType::bf16, nullptr, to_bf16_block}}}};

// Those of other codes, for messages.
constexpr std::pair<std::uint32_t, std::string_view> kOthers[] = {
    {9, "Q8_1"},     {10, "Q2_K"},  {11, "Q3_K"},   {15, "Q8_K"},  {16, "IQ2_XXS"}, {17, "IQ2_XS"},
    {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"}, {22, "IQ2_S"},   {23, "IQ4_XS"},
    {29, "IQ1_M"},   {34, "TQ1_0"}, {35, "TQ2_0"},  {39, "MXFP4"}};

}  // namespace

const GgmlType* ggml_type(std::uint32_t code) {
  for (const Row& row : kTypes) {
    if (row.code == code) return &row.type;
  }
  return nullptr;
}

std::uint32_t ggml_code(std::string_view name) {
  for (const Row& row : kTypes) {
    if (row.type.name == name) return row.code;
  }
  fail(Kind::failed, "no element type is called {}", name);
}

std::string ggml_name(std::uint32_t code) {
  if (const GgmlType* const known = ggml_type(code)) return std::string(known->name);
  for (const auto& [other, name] : kOthers) {
    if (other == code) return std::string(name);
  }
  return fmt::format("number {}", code);
}

void dequantize(const GgmlType& type, ByteView blocks, std::span<float> out) {
  for (std::size_t at = 0, to = 0; at < blocks.size(); at += type.bytes, to += type.block) {
    type.numbers(blocks.data() + at, out.data() + to);
  }
}

Bytes encode(const GgmlType& type, std::span<const float> numbers) {
  Bytes out(numbers.size() / type.block * type.bytes);
  for (std::size_t at = 0, to = 0; at < numbers.size(); at += type.block, to += type.bytes) {
    type.rounded(numbers.data() + at, out.data() + to);
  }
  return out;
}

}  // namespace mx
