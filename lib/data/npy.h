// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy files: one array behind a small header (NEP 1; versions 1.0, 2.0 and 3.0).
// Little-endian booleans, integers and floats of 1 to 8 bytes, row-major or column-major. Object
// arrays are Python pickles and refused, as are records, text, dates, complex and big-endian
// numbers. Lives in data/, where rows may be arrays too; convert/ leans on it.
#pragma once

#include <string>
#include <string_view>

#include "io/input.h"
#include "tensor/tensor.h"

namespace mx {

struct NpyHeader {
  DType dtype = DType::f32;
  Shape shape;
  bool column_major = false;  // "fortran_order"
  std::size_t bytes = 0;      // of the header itself: where the elements begin
};

// Reads the header and leaves `in` at the first element. Throws Kind::input, naming `in`.
[[nodiscard]] NpyHeader read_npy_header(io::Input& in);
// Bytes of memory that its elements take while they are read: twice their own where their order
// changes.
[[nodiscard]] std::uint64_t npy_memory(const NpyHeader& header);
// Behind the header: the elements, row-major whatever their order in the file was. Does not look
// for what comes after them. Throws Kind::input when they take more than `limit` bytes of memory
// (0: default_max_memory()).
[[nodiscard]] Tensor read_npy_elements(io::Input& in, const NpyHeader& header,
                                       std::uint64_t limit = 0);
// A whole file: header, elements, end.
[[nodiscard]] Tensor read_npy(io::Input& in, std::uint64_t limit = 0);
// The bytes in front of the elements, 64-byte aligned as NumPy writes them. Throws Kind::usage for
// the types that NumPy has no name for (bf16, f8).
[[nodiscard]] std::string npy_header(DType dtype, const Shape& shape);

}  // namespace mx
