// SPDX-License-Identifier: Apache-2.0
// CSV and TSV as they are in life, read row by row in bounded memory: RFC 4180 quoting (quotes
// doubled, delimiters and line ends inside quotes; a quote inside an unquoted cell is a character),
// UTF-8 BOM, CR LF, a last line without end, blank lines skipped. TSV: tabs, the same quoting.
// Missing: empty, NA, N/A, NaN, null, ? (any case, blanks around it).
// On one core of a busy Zen 5: 0.33 GB/s of cells of one or two digits, 0.9 GB/s of seven (repeated
// digits.csv and breast-cancer.csv from memory).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/input.h"

namespace mx {

enum class TableFormat { csv, tsv };
inline constexpr std::size_t kMostCells = 1U << 20U;  // of a row

class TableReader {
 public:
  // A row over `limit` bytes or kMostCells cells is refused.
  TableReader(io::Input& in, TableFormat format, std::size_t limit = 16U << 20U);
  // False at the end. Cells are valid until the next call. Throws Kind::input, naming file and
  // line, for text behind a closing quote (the next call goes on with the next row), an unclosed
  // quote, UTF-16 and NUL bytes.
  [[nodiscard]] bool next(std::vector<std::string_view>& cells);
  [[nodiscard]] std::uint64_t line() const { return line_; }  // where the row began, from 1
  // Whether a whole line is there already: when not, a reader of a pipe flushes its output first.
  [[nodiscard]] bool buffered() const;

 private:
  struct Cell {
    std::size_t begin, end;  // in buffer_, from begin_
    bool quoted;
  };
  void start();
  bool scan();  // one row into cells_; false at the end
  void quoted_cell();
  [[nodiscard]] std::size_t find(std::size_t from);
  bool refill();
  [[noreturn]] void too_long();
  [[nodiscard]] std::string_view text_of(const Cell& cell);

  io::Input& in_;
  char delimiter_;
  std::size_t limit_;
  std::uint64_t line_ = 0, next_line_ = 1;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what is read and not yet given out
  std::size_t row_ = 0;              // bytes of the row that is being read or was given out
  std::vector<Cell> cells_;
  bool stray_ = false;  // text behind a closing quote in this row
  bool started_ = false, ended_ = false;
};

// Without the blanks and tabs around it.
[[nodiscard]] std::string_view trimmed(std::string_view cell);
[[nodiscard]] bool is_missing(std::string_view cell);
// A finite decimal number, surrounding blanks allowed; nothing else.
[[nodiscard]] bool parse_number(std::string_view cell, double& value);

}  // namespace mx
