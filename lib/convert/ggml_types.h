// SPDX-License-Identifier: Apache-2.0
// The element types of ggml: how many bytes a block of them has, and the numbers it stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "tensor/tensor.h"

namespace mx {

struct GgmlType {
  std::string_view name;       // "Q4_K"
  std::size_t block = 1;       // elements
  std::size_t bytes = 0;       // of a block
  std::optional<DType> plain;  // the elements are these as they are
  // Else: a block's numbers. Reference: dequantize_row_* of ggml-quants.c.
  void (*numbers)(const std::uint8_t* block, float* out) = nullptr;
  // A block of numbers rounded to it; null: not written here. Reference: quantize_row_*_ref.
  void (*rounded)(const float* numbers, std::uint8_t* block) = nullptr;
};

// Null for a type that is not known here.
[[nodiscard]] const GgmlType* ggml_type(std::uint32_t code);
// By its name, "Q8_0"; that must be known.
[[nodiscard]] std::uint32_t ggml_code(std::string_view name);
// Its name also where it is not known.
[[nodiscard]] std::string ggml_name(std::uint32_t code);
// The numbers of whole blocks; `out` has as many elements.
void dequantize(const GgmlType& type, ByteView blocks, std::span<float> out);
// Whole blocks of a type that can be written: F32, F16, BF16, Q8_0, Q4_0.
[[nodiscard]] Bytes encode(const GgmlType& type, std::span<const float> numbers);

}  // namespace mx
