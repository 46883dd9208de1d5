// SPDX-License-Identifier: Apache-2.0
// Element types, shapes, and tensors that own their bytes. Row-major, little-endian, no strides.
// A Weight is a named tensor as models hold it: plain, or integer codes with scales.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.h"

namespace mx {

// The values are written to files (lib/file/FORMAT.md) and never change.
enum class DType : std::uint8_t {
  f32 = 0,
  f64 = 1,
  f16 = 2,
  bf16 = 3,
  i8 = 4,
  u8 = 5,
  i16 = 6,
  u16 = 7,
  i32 = 8,
  u32 = 9,
  i64 = 10,
  u64 = 11,
  boolean = 12,
  f8_e4m3 = 13,
  f8_e5m2 = 14,
};
[[nodiscard]] std::size_t size_of(DType dtype);       // bytes
[[nodiscard]] std::string_view name_of(DType dtype);  // "f32"
[[nodiscard]] bool is_float(DType dtype);
[[nodiscard]] DType dtype_from(std::uint8_t code);           // throws Kind::input
[[nodiscard]] DType dtype_from_name(std::string_view name);  // throws Kind::input

using Shape = std::vector<std::int64_t>;
inline constexpr std::size_t kMaxRank = 8;
// Checked products; a negative size, over kMaxRank dimensions or an overflow throws Kind::input.
[[nodiscard]] std::size_t element_count(const Shape& shape);
[[nodiscard]] std::size_t byte_count(DType dtype, const Shape& shape);
[[nodiscard]] std::string to_string(const Shape& shape);  // "[64, 10]"

// A buffer aligned to 64 bytes whose bytes are not cleared first when sized (pages are touched
// once).
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size);  // uninitialized
  Buffer(const Buffer& other);
  Buffer& operator=(const Buffer& other);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();
  [[nodiscard]] std::uint8_t* data() { return data_; }
  [[nodiscard]] const std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<std::uint8_t> bytes() { return {data_, size_}; }
  [[nodiscard]] ByteView bytes() const { return {data_, size_}; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

struct Tensor {
  DType dtype = DType::f32;
  Shape shape;
  Buffer data;  // byte_count(dtype, shape) bytes

  Tensor() = default;
  Tensor(DType type, Shape dims);  // uninitialized
  // The elements as T; throws Kind::failed when T is not dtype's type.
  template <class T>
  [[nodiscard]] std::span<T> as();
  template <class T>
  [[nodiscard]] std::span<const T> as() const;
  [[nodiscard]] std::size_t count() const { return data.size() / size_of(dtype); }
};

[[nodiscard]] Tensor tensor_of(Shape shape, std::span<const float> values);

// How a weight's numbers are represented. The values are written to files.
enum class Scheme : std::uint8_t {
  plain = 0,    // values are the numbers
  channel = 1,  // i8 codes, symmetric: number[r, ...] = code * scales[r], r the first dimension
  group = 2,    // i8 codes: number = code * the scale of its group, `group` neighbours of a row
};

struct Weight {
  std::string name;  // block name and role: "0.linear.weight"
  Tensor values;     // plain: any dtype. channel, group: i8 codes of the weight's shape
  Scheme scheme = Scheme::plain;
  Tensor scales = {};     // channel: f32 [shape[0]]; group: bf16 scales_shape(); else empty
  std::size_t group = 0;  // numbers that share a scale, scheme group
};
// [rows, groups in a row], rows being the first dimension and `group` at least 1; the last group of
// a row may be shorter.
[[nodiscard]] Shape scales_shape(const Shape& shape, std::size_t group);

// The numbers as f32, whatever the scheme and the dtype (integers and f8 included).
[[nodiscard]] Tensor to_f32(const Weight& weight);
[[nodiscard]] Tensor to_f32(const Tensor& tensor);
// Calls with the unsigned type of an element's size.
template <class F>
auto with_unsigned(std::size_t size, F&& f) {
  switch (size) {
    case 1:
      return f(std::type_identity<std::uint8_t>{});
    case 2:
      return f(std::type_identity<std::uint16_t>{});
    case 4:
      return f(std::type_identity<std::uint32_t>{});
    default:
      return f(std::type_identity<std::uint64_t>{});
  }
}
// Elements of `size` bytes that have any of the mask's bits.
[[nodiscard]] std::uint64_t count_masked(std::size_t size, ByteView elements, std::uint64_t mask);
// Elements that are not zero (-0.0 is zero).
[[nodiscard]] std::uint64_t count_nonzero(DType dtype, ByteView elements);
[[nodiscard]] std::uint64_t count_nonzero(const Tensor& tensor);

}  // namespace mx
