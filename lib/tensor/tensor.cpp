// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "base/checked.h"
#include "base/error.h"
#include "tensor/convert.h"

namespace mx {
namespace {

struct TypeInfo {
  std::string_view name;
  std::size_t size;
};

constexpr std::array<TypeInfo, 15> kTypes = {{{"f32", 4},
                                              {"f64", 8},
                                              {"f16", 2},
                                              {"bf16", 2},
                                              {"i8", 1},
                                              {"u8", 1},
                                              {"i16", 2},
                                              {"u16", 2},
                                              {"i32", 4},
                                              {"u32", 4},
                                              {"i64", 8},
                                              {"u64", 8},
                                              {"bool", 1},
                                              {"f8_e4m3", 1},
                                              {"f8_e5m2", 1}}};
constexpr std::size_t kHugePage = 2U << 20U;
constexpr std::align_val_t alignment_of(std::size_t size) {
  return std::align_val_t{size < kHugePage ? 64 : kHugePage};
}

const TypeInfo& info_of(DType dtype) { return kTypes.at(static_cast<std::size_t>(dtype)); }

template <class T>
bool holds(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return std::is_same_v<T, float>;
    case DType::f64:
      return std::is_same_v<T, double>;
    case DType::i8:
      return std::is_same_v<T, std::int8_t>;
    case DType::i16:
      return std::is_same_v<T, std::int16_t>;
    case DType::i32:
      return std::is_same_v<T, std::int32_t>;
    case DType::i64:
      return std::is_same_v<T, std::int64_t>;
    case DType::u32:
      return std::is_same_v<T, std::uint32_t>;
    case DType::u64:
      return std::is_same_v<T, std::uint64_t>;
    case DType::f16:
    case DType::bf16:
    case DType::u16:
      return std::is_same_v<T, std::uint16_t>;
    case DType::u8:
    case DType::boolean:
    case DType::f8_e4m3:
    case DType::f8_e5m2:
      return std::is_same_v<T, std::uint8_t>;
  }
  return false;
}

// The bits that make a number nonzero: all but the sign of a float.
std::uint64_t magnitude_bits(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 0x7fffffff;
    case DType::f64:
      return 0x7fffffffffffffff;
    case DType::f16:
    case DType::bf16:
      return 0x7fff;
    case DType::f8_e4m3:
    case DType::f8_e5m2:
      return 0x7f;
    default:
      return ~std::uint64_t{0};
  }
}

template <class U>
std::uint64_t count_masked_as(ByteView bytes, std::uint64_t mask) {
  // Counters of the elements' own size make short vector code; each piece fits the smallest.
  constexpr std::size_t kPiece = 255 * sizeof(U);
  std::uint64_t zeros = 0;
  const auto wanted = static_cast<U>(mask);
  for (std::size_t begin = 0; begin < bytes.size(); begin += kPiece) {
    const ByteView piece = bytes.subspan(begin, std::min(kPiece, bytes.size() - begin));
    U count = 0;
    for (std::size_t i = 0; i < piece.size(); i += sizeof(U)) {
      U value;
      std::memcpy(&value, piece.data() + i, sizeof(U));
      count = static_cast<U>(count + (static_cast<U>(value & wanted) == 0 ? 1 : 0));
    }
    zeros += count;
  }
  return bytes.size() / sizeof(U) - zeros;
}

}  // namespace

std::size_t size_of(DType dtype) { return info_of(dtype).size; }
std::string_view name_of(DType dtype) { return info_of(dtype).name; }

bool is_float(DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::f64:
    case DType::f16:
    case DType::bf16:
    case DType::f8_e4m3:
    case DType::f8_e5m2:
      return true;
    default:
      return false;
  }
}

DType dtype_from(std::uint8_t code) {
  if (code >= kTypes.size()) fail(Kind::input, "there is no element type number {}", code);
  return static_cast<DType>(code);
}

DType dtype_from_name(std::string_view name) {
  const auto* const found = std::ranges::find(kTypes, name, &TypeInfo::name);
  if (found == kTypes.end()) fail(Kind::input, "there is no element type \"{}\"", name);
  return static_cast<DType>(found - kTypes.begin());
}

std::size_t element_count(const Shape& shape) {
  if (shape.size() > kMaxRank) {
    fail(Kind::input, "a shape has {} dimensions, over {}", shape.size(), kMaxRank);
  }
  // Every product is checked, also where a zero would hide the overflow of the others.
  std::size_t nonzero = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) fail(Kind::input, "the shape {} has a negative size", to_string(shape));
    if (size == 0) {
      empty = true;
    } else {
      nonzero = checked_mul(nonzero, static_cast<std::size_t>(size), "a shape");
    }
  }
  return empty ? 0 : nonzero;
}

std::size_t byte_count(DType dtype, const Shape& shape) {
  return checked_mul(element_count(shape), size_of(dtype), "a tensor");
}

std::string to_string(const Shape& shape) {
  std::string out = "[";
  for (const std::int64_t size : shape) {
    if (out.size() > 1) out += ", ";
    out += std::to_string(size);
  }
  return out + "]";
}

Buffer::Buffer(std::size_t size) : size_(size) {
  if (size == 0) return;
  data_ = static_cast<std::uint8_t*>(::operator new(size, alignment_of(size)));
#ifdef MADV_HUGEPAGE
  // A page touched for the first time costs more than the bytes written to it; asked for, no more.
  if (size >= kHugePage) (void)madvise(data_, size / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
}
Buffer::Buffer(const Buffer& other) : Buffer(other.size_) {
  if (size_ != 0) std::memcpy(data_, other.data_, size_);
}
Buffer& Buffer::operator=(const Buffer& other) {
  if (this != &other) *this = Buffer(other);
  return *this;
}
Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}
Buffer::~Buffer() { ::operator delete(data_, alignment_of(size_)); }

Tensor::Tensor(DType type, Shape dims)
    : dtype(type), shape(std::move(dims)), data(byte_count(type, shape)) {}

template <class T>
std::span<T> Tensor::as() {
  if (!holds<T>(dtype))
    fail(Kind::failed, "a tensor of {} is used as another type", name_of(dtype));
  return {reinterpret_cast<T*>(data.data()), data.size() / sizeof(T)};
}
template <class T>
std::span<const T> Tensor::as() const {
  if (!holds<T>(dtype))
    fail(Kind::failed, "a tensor of {} is used as another type", name_of(dtype));
  return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
}

template std::span<float> Tensor::as();
template std::span<double> Tensor::as();
template std::span<std::int8_t> Tensor::as();
template std::span<std::uint8_t> Tensor::as();
template std::span<std::int16_t> Tensor::as();
template std::span<std::uint16_t> Tensor::as();
template std::span<std::int32_t> Tensor::as();
template std::span<std::uint32_t> Tensor::as();
template std::span<std::int64_t> Tensor::as();
template std::span<std::uint64_t> Tensor::as();
template std::span<const float> Tensor::as() const;
template std::span<const double> Tensor::as() const;
template std::span<const std::int8_t> Tensor::as() const;
template std::span<const std::uint8_t> Tensor::as() const;
template std::span<const std::int16_t> Tensor::as() const;
template std::span<const std::uint16_t> Tensor::as() const;
template std::span<const std::int32_t> Tensor::as() const;
template std::span<const std::uint32_t> Tensor::as() const;
template std::span<const std::int64_t> Tensor::as() const;
template std::span<const std::uint64_t> Tensor::as() const;

Tensor tensor_of(Shape shape, std::span<const float> values) {
  Tensor out(DType::f32, std::move(shape));
  if (out.count() != values.size()) {
    fail(Kind::failed, "{} values do not fill the shape {}", values.size(), to_string(out.shape));
  }
  std::ranges::copy(values, out.as<float>().begin());
  return out;
}

Tensor to_f32(const Tensor& tensor) {
  Tensor out(DType::f32, tensor.shape);
  convert_to_f32(tensor.dtype, tensor.data.bytes(), out.as<float>());
  return out;
}

Tensor to_f32(const Weight& weight) {
  Tensor out = to_f32(weight.values);
  if (weight.scheme == Scheme::plain || out.count() == 0) return out;
  const Tensor scales = to_f32(weight.scales);
  const std::span<float> numbers = out.as<float>();
  const std::size_t rows = out.shape.empty() ? 1 : static_cast<std::size_t>(out.shape[0]);
  const std::size_t row = numbers.size() / rows;
  const std::size_t group = weight.scheme == Scheme::group ? weight.group : row;
  const std::size_t groups = group == 0 ? 0 : (row + group - 1) / group;
  if (groups == 0 || scales.count() != rows * groups) {
    fail(Kind::input, "the scales of tensor \"{}\" do not fit its shape", weight.name);
  }
  const float* scale = scales.as<float>().data();
  for (std::size_t begin = 0; begin < numbers.size(); begin += row) {
    for (std::size_t i = 0; i < row; ++i) numbers[begin + i] *= scale[i / group];
    scale += groups;
  }
  return out;
}

Shape scales_shape(const Shape& shape, std::size_t group) {
  const std::int64_t rows = shape.empty() ? 1 : shape[0];
  const std::size_t row = rows == 0 ? 0 : element_count(shape) / static_cast<std::size_t>(rows);
  if (group == 0) fail(Kind::input, "a group has no numbers");
  return {rows, static_cast<std::int64_t>(row / group + (row % group != 0 ? 1 : 0))};
}

std::uint64_t count_masked(std::size_t size, ByteView elements, std::uint64_t mask) {
  return with_unsigned(
      size, [&]<class U>(std::type_identity<U>) { return count_masked_as<U>(elements, mask); });
}

std::uint64_t count_nonzero(DType dtype, ByteView elements) {
  return count_masked(size_of(dtype), elements, magnitude_bits(dtype));
}

std::uint64_t count_nonzero(const Tensor& tensor) {
  return count_nonzero(tensor.dtype, tensor.data.bytes());
}

}  // namespace mx
