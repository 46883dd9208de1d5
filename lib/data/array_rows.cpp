// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/error.h"
#include "data/elements.h"
#include "data/npy.h"
#include "data/row_kinds.h"
#include "data/schema.h"

namespace mx {
namespace {

class ArrayRows final : public RowSource {
 public:
  ArrayRows(std::unique_ptr<io::Input> in, std::uint64_t max_memory)
      : in_(std::move(in)), header_(read_npy_header(*in_)) {
    if (header_.shape.empty()) fail(Kind::input, "{} is one number, not rows", in_->name());
    rows_ = static_cast<std::uint64_t>(header_.shape[0]);
    Shape row = header_.shape;
    row[0] = 1;
    width_ = element_count(row);
    if (width_ > kMostInputs || width_ == 0) {
      fail(Kind::input, "{}: rows of {} numbers cannot be used", in_->name(), width_);
    }
    for (std::size_t i = 1; i <= width_; ++i) columns_.push_back(std::to_string(i));
    if (header_.column_major) whole_ = read_npy_elements(*in_, header_, max_memory);
    header_.shape = row;
    header_.column_major = false;
  }

  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  bool next(std::vector<std::string_view>& cells) override {
    if (row_ == rows_) {
      expect_end(*in_);
      return false;
    }
    const std::size_t size = byte_count(header_.dtype, header_.shape);
    if (whole_.data.size() == 0) {
      if (bytes_.size() != size) bytes_.resize(size);
      io::read_exactly(*in_, bytes_);
    } else {
      const ByteView row = whole_.data.bytes().subspan(static_cast<std::size_t>(row_) * size, size);
      bytes_.assign(row.begin(), row.end());
    }
    ++row_;
    text_.clear();
    ends_.clear();
    write();
    cells.clear();
    for (std::size_t i = 0, from = 0; i < ends_.size(); from = ends_[i++]) {
      cells.emplace_back(text_.data() + from, ends_[i] - from);
    }
    return true;
  }
  [[nodiscard]] std::uint64_t line() const override { return row_; }
  [[nodiscard]] bool buffered() const override { return true; }
  [[nodiscard]] std::string place() const override {
    return fmt::format("{} row {}", in_->name(), row_);
  }

 private:
  template <class T>
  void write_as() {
    ByteReader reader(bytes_, in_->name());
    for (std::size_t i = 0; i < width_; ++i) {
      const T value = reader.value<T>();
      if constexpr (std::is_floating_point_v<T>) {
        if (std::isinf(value)) fail(Kind::input, "{}: column {} is not finite", place(), i + 1);
        if (std::isnan(value)) {
          ends_.push_back(text_.size());
          continue;  // missing
        }
      }
      fmt::format_to(std::back_inserter(text_), "{}", value);
      ends_.push_back(text_.size());
    }
  }
  void write() {
    switch (header_.dtype) {
      case DType::f32:
        return write_as<float>();
      case DType::f64:
        return write_as<double>();
      case DType::i8:
        return write_as<std::int8_t>();
      case DType::u8:
      case DType::boolean:
        return write_as<std::uint8_t>();
      case DType::i16:
        return write_as<std::int16_t>();
      case DType::u16:
        return write_as<std::uint16_t>();
      case DType::i32:
        return write_as<std::int32_t>();
      case DType::u32:
        return write_as<std::uint32_t>();
      case DType::i64:
        return write_as<std::int64_t>();
      case DType::u64:
        return write_as<std::uint64_t>();
      default: {
        Tensor row(header_.dtype, header_.shape);
        std::copy(bytes_.begin(), bytes_.end(), row.data.bytes().begin());
        const Tensor numbers = to_f32(row);
        const ByteView raw = numbers.data.bytes();
        bytes_.assign(raw.begin(), raw.end());
        return write_as<float>();
      }
    }
  }

  std::unique_ptr<io::Input> in_;
  NpyHeader header_;
  Tensor whole_;  // column-major arrays
  std::uint64_t rows_ = 0, row_ = 0;
  std::size_t width_ = 0;
  std::vector<std::string> columns_;
  Bytes bytes_;
  std::string text_;
  std::vector<std::size_t> ends_;
};

}  // namespace

std::unique_ptr<RowSource> array_rows(std::unique_ptr<io::Input> in, std::uint64_t max_memory) {
  return std::make_unique<ArrayRows>(std::move(in), max_memory);
}

}  // namespace mx
