// SPDX-License-Identifier: Apache-2.0
#include "data/rows.h"

#include "base/error.h"
#include "data/row_kinds.h"
#include "data/table.h"

namespace mx {
namespace {

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i <= count; ++i) out.push_back(std::to_string(i));
  return out;
}

class TableRows final : public RowSource {
 public:
  TableRows(std::unique_ptr<io::Input> in, TableFormat format, bool header)
      : in_(std::move(in)), reader_(*in_, format) {
    if (!header) {
      first_waits_ = read_first();
      columns_ = numbered(first_.size());
      return;
    }
    const bool any = reader_.next(first_);
    if (!any) fail(Kind::input, "{} is empty", in_->name());
    for (const std::string_view cell : first_) columns_.emplace_back(trimmed(cell));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].empty()) columns_[i] = std::to_string(i + 1);
    }
  }

  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  bool next(std::vector<std::string_view>& cells) override {
    if (!refused_.empty()) refused_.rethrow_next();
    refused_.forget();
    if (first_waits_) {
      first_waits_ = false;
      cells = first_;
      return true;
    }
    if (!reader_.next(cells)) return false;
    if (cells.size() != columns_.size()) wrong_width(cells.size());
    return true;
  }
  [[nodiscard]] std::uint64_t line() const override {
    return refused_.line() != 0 ? refused_.line() : reader_.line();
  }
  [[nodiscard]] bool buffered() const override {
    return first_waits_ || !refused_.empty() || reader_.buffered();
  }
  [[nodiscard]] std::string place() const override {
    return fmt::format("{} line {}", in_->name(), line());
  }

 private:
  // The first row that can be read says how many columns there are.
  bool read_first() {
    for (;;) {
      try {
        return reader_.next(first_);
      } catch (const Error& error) {
        first_.clear();
        refused_.add(reader_.line(), error);
      }
    }
  }
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
  RefusedRows refused_;
  bool first_waits_ = false;
};

class Lines final : public RowSource {
 public:
  Lines(std::unique_ptr<io::Input> in, std::string column)
      : in_(std::move(in)), lines_(*in_, kLongest), columns_{std::move(column)} {}
  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  bool next(std::vector<std::string_view>& cells) override {
    cells.resize(1);
    return lines_.next(cells[0]);
  }
  [[nodiscard]] std::uint64_t line() const override { return lines_.number(); }
  [[nodiscard]] bool buffered() const override { return lines_.buffered(); }
  [[nodiscard]] std::string place() const override {
    return fmt::format("{} line {}", in_->name(), line());
  }

 private:
  static constexpr std::size_t kLongest = 16U << 20U;

  std::unique_ptr<io::Input> in_;
  io::LineReader lines_;
  std::vector<std::string> columns_;
};

}  // namespace

std::unique_ptr<RowSource> open_lines(std::unique_ptr<io::Input> in, std::string column) {
  return std::make_unique<Lines>(std::move(in), std::move(column));
}

std::unique_ptr<RowSource> open_rows(std::unique_ptr<io::Input> in, bool header,
                                     std::uint64_t max_memory) {
  return open_rows(sniff(std::move(in)), header, max_memory);
}

std::unique_ptr<RowSource> open_rows(Sniffed sniffed, bool header, std::uint64_t max_memory) {
  switch (sniffed.kind) {
    case DataKind::csv:
      return std::make_unique<TableRows>(std::move(sniffed.in), TableFormat::csv, header);
    case DataKind::tsv:
      return std::make_unique<TableRows>(std::move(sniffed.in), TableFormat::tsv, header);
    case DataKind::jsonl:
      return json_rows(std::move(sniffed.in));
    case DataKind::npy:
      return array_rows(std::move(sniffed.in), max_memory);
    case DataKind::idx:
      break;
  }
  fail(Kind::input, "{} holds images, not rows of named cells", sniffed.in->name());
}

}  // namespace mx
