// SPDX-License-Identifier: Apache-2.0
// The row sources that are not tables; data/rows.h says what they promise. Inside data/ only.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "base/error.h"
#include "data/rows.h"
#include "io/input.h"

namespace mx {

// Rows that could not be read and stand before the first that could, which says what the columns
// are: thrown, one after another, before that one is given.
class RefusedRows {
 public:
  // Throws it at once when there are too many to keep.
  void add(std::uint64_t line, const Error& error) {
    constexpr std::size_t kMost = 1000;
    if (rows_.size() == kMost) throw error;
    rows_.push_back({line, error});
  }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[noreturn]] void rethrow_next() {
    const Row row = std::move(rows_.front());
    rows_.pop_front();
    line_ = row.line;
    throw row.error;
  }
  // Of the row that was thrown last, until `forget`; else 0.
  [[nodiscard]] std::uint64_t line() const { return line_; }
  void forget() { line_ = 0; }

 private:
  struct Row {
    std::uint64_t line;
    Error error;
  };
  std::deque<Row> rows_;
  std::uint64_t line_ = 0;
};

[[nodiscard]] std::unique_ptr<RowSource> json_rows(std::unique_ptr<io::Input> in);
[[nodiscard]] std::unique_ptr<RowSource> array_rows(std::unique_ptr<io::Input> in,
                                                    std::uint64_t max_memory);

}  // namespace mx
