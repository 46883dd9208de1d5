// SPDX-License-Identifier: Apache-2.0
#include "data/rows.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/error.h"
#include "base/json.h"
#include "base/words.h"
#include "data/elements.h"
#include "data/npy.h"
#include "data/schema.h"
#include "data/table.h"

namespace mx {
namespace {

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i <= count; ++i) out.push_back(std::to_string(i));
  return out;
}

std::string place_of(const io::Input& in, std::uint64_t line) {
  return fmt::format("{} line {}", in.name(), line);
}

class TableRows final : public RowSource {
 public:
  TableRows(std::unique_ptr<io::Input> in, TableFormat format, bool header)
      : in_(std::move(in)), reader_(*in_, format) {
    const bool any = reader_.next(first_);
    if (!header) {
      columns_ = numbered(first_.size());
      first_waits_ = any;
      return;
    }
    if (!any) fail(Kind::input, "{} is empty", in_->name());
    for (const std::string_view cell : first_) columns_.emplace_back(trimmed(cell));
    const std::vector<std::string> numbers = numbered(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].empty()) columns_[i] = numbers[i];
    }
  }

  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  bool next(std::vector<std::string_view>& cells) override {
    if (first_waits_) {
      first_waits_ = false;
      cells = first_;
      return true;
    }
    if (!reader_.next(cells)) return false;
    if (cells.size() != columns_.size()) wrong_width(cells.size());
    return true;
  }
  [[nodiscard]] std::uint64_t line() const override { return reader_.line(); }
  [[nodiscard]] bool buffered() const override { return first_waits_ || reader_.buffered(); }
  [[nodiscard]] std::string place() const override { return place_of(*in_, line()); }

 private:
  [[noreturn]] void wrong_width(std::size_t cells) const {
    const bool semicolons = columns_.size() == 1 && columns_[0].find(';') != std::string::npos;
    throw Error{Kind::input,
                fmt::format("{}: {} cell{} for {} column{}", place(), cells, cells == 1 ? "" : "s",
                            columns_.size(), columns_.size() == 1 ? "" : "s"),
                semicolons ? "cells are divided by commas (.csv) or tabs (.tsv), not by semicolons"
                           : "a cell that holds the delimiter must be quoted"};
  }

  std::unique_ptr<io::Input> in_;
  TableReader reader_;
  std::vector<std::string> columns_;
  std::vector<std::string_view> first_;
  bool first_waits_ = false;
};

class JsonRows final : public RowSource {
 public:
  explicit JsonRows(std::unique_ptr<io::Input> in) : in_(std::move(in)), lines_(*in_, kLongest) {
    // Rows that cannot be read may come before the first that can.
    while (columns_.empty() && read_line()) {
      try {
        const Json row = parse();
        for (const auto& [key, value] : row.items()) columns_.push_back(key);
        if (columns_.empty()) fail(Kind::input, "{}: the row is empty", place());
        fill(row);
        first_waits_ = true;
      } catch (const Error& error) {
        if (refused_.size() == kMostRefused) throw;
        refused_.push_back({line_, error});
        columns_.clear();
      }
    }
    first_line_ = line_;
    if (columns_.empty() && !refused_.empty()) throw refused_.front().error;
    if (columns_.empty()) fail(Kind::input, "{} is empty", in_->name());
  }

  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  bool next(std::vector<std::string_view>& cells) override {
    if (!refused_.empty()) {
      const Refused refused = std::move(refused_.front());
      refused_.pop_front();
      line_ = refused.line;
      throw refused.error;
    }
    if (first_waits_) {
      first_waits_ = false;
      line_ = first_line_;
    } else {
      if (!read_line()) return false;
      fill(parse());
    }
    cells.assign(cells_.begin(), cells_.end());
    return true;
  }
  [[nodiscard]] std::uint64_t line() const override { return line_; }
  [[nodiscard]] bool buffered() const override {
    return first_waits_ || !refused_.empty() || lines_.buffered();
  }
  [[nodiscard]] std::string place() const override { return place_of(*in_, line_); }

 private:
  struct Refused {
    std::uint64_t line;
    Error error;
  };
  static constexpr std::size_t kLongest = 16U << 20U;
  static constexpr std::size_t kMostRefused = 1000;

  bool read_line() {  // passing over blank ones
    do {
      if (!lines_.next(text_)) return false;
      line_ = lines_.number();
    } while (text_.find_first_not_of(" \t\r") == std::string_view::npos);
    return true;
  }
  [[nodiscard]] Json parse() const {
    Json row = parse_json(text_, place());
    if (!row.is_object()) fail(Kind::input, "{} is not a JSON object", place());
    return row;
  }
  void fill(const Json& row) {
    cells_.assign(columns_.size(), {});
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto found = row.find(columns_[i]);
      if (found == row.end()) {
        throw Error{Kind::input,
                    fmt::format("{}: the key {} is missing", place(), shown(columns_[i])),
                    "write null where a value is missing"};
      }
      cells_[i] = cell(*found, columns_[i]);
    }
    if (row.size() == columns_.size()) return;
    for (const auto& [key, value] : row.items()) {
      if (std::find(columns_.begin(), columns_.end(), key) != columns_.end()) continue;
      throw Error{Kind::input,
                  fmt::format("{}: the key {} is not in the first row", place(), shown(key)),
                  "every row has the keys of the first; write null where a value is missing"};
    }
  }
  [[nodiscard]] std::string cell(const Json& value, const std::string& key) const {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null()) return {};
    if (value.is_structured()) {
      fail(Kind::input, "{}: the value of {} is a list or an object, not one value", place(),
           shown(key));
    }
    return dump_json(value);
  }

  std::unique_ptr<io::Input> in_;
  io::LineReader lines_;
  std::string_view text_;
  std::vector<std::string> columns_, cells_;
  std::deque<Refused> refused_;
  std::uint64_t line_ = 0, first_line_ = 0;
  bool first_waits_ = false;
};

class ArrayRows final : public RowSource {
 public:
  explicit ArrayRows(std::unique_ptr<io::Input> in)
      : in_(std::move(in)), header_(read_npy_header(*in_)) {
    if (header_.shape.empty()) fail(Kind::input, "{} is one number, not rows", in_->name());
    rows_ = static_cast<std::uint64_t>(header_.shape[0]);
    Shape row = header_.shape;
    row[0] = 1;
    width_ = element_count(row);
    if (width_ > kMostInputs || width_ == 0) {
      fail(Kind::input, "{}: rows of {} numbers cannot be used", in_->name(), width_);
    }
    columns_ = numbered(width_);
    if (header_.column_major) whole_ = read_npy_elements(*in_, header_);
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

std::unique_ptr<RowSource> open_rows(std::unique_ptr<io::Input> in, bool header) {
  return open_rows(sniff(std::move(in)), header);
}

std::unique_ptr<RowSource> open_rows(Sniffed sniffed, bool header) {
  switch (sniffed.kind) {
    case DataKind::csv:
      return std::make_unique<TableRows>(std::move(sniffed.in), TableFormat::csv, header);
    case DataKind::tsv:
      return std::make_unique<TableRows>(std::move(sniffed.in), TableFormat::tsv, header);
    case DataKind::jsonl:
      return std::make_unique<JsonRows>(std::move(sniffed.in));
    case DataKind::npy:
      return std::make_unique<ArrayRows>(std::move(sniffed.in));
    case DataKind::idx:
      break;
  }
  fail(Kind::input, "{} holds images, not rows of named cells", sniffed.in->name());
}

}  // namespace mx
