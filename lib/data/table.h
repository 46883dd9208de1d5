// SPDX-License-Identifier: Apache-2.0
// CSV and TSV as they are in life, read row by row in bounded memory: RFC 4180 quoting (quotes
// doubled, delimiters and line ends inside quotes), UTF-8 BOM, CR LF, a last line without end,
// blank lines skipped. TSV: tabs, the same quoting. Missing: empty, NA, N/A, NaN, null, ? (any
// case).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/input.h"

namespace mx {

enum class TableFormat { csv, tsv };

class TableReader {
 public:
  // A row or cell over `limit` bytes is refused.
  TableReader(io::Input& in, TableFormat format, std::size_t limit = 16U << 20U);
  // False at the end. Cells are valid until the next call. Throws Kind::input for an unclosed
  // quote.
  [[nodiscard]] bool next(std::vector<std::string_view>& cells);
  [[nodiscard]] std::uint64_t line() const { return line_; }  // where the row began, from 1
  [[nodiscard]] bool buffered() const;                        // see io::LineReader

 private:
  io::Input& in_;
  TableFormat format_;
  std::size_t limit_;
  std::uint64_t line_ = 0, next_line_ = 1;
  std::string buffer_, cell_text_;
  std::size_t begin_ = 0;
  bool ended_ = false;
};

[[nodiscard]] bool is_missing(std::string_view cell);
// A finite decimal number, surrounding blanks allowed; nothing else.
[[nodiscard]] bool parse_number(std::string_view cell, double& value);

}  // namespace mx
