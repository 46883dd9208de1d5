// SPDX-License-Identifier: Apache-2.0
// Rows of named cells from CSV, TSV, JSON lines or .npy, one at a time in bounded memory, as text:
// whoever reads rows goes on with data/schema.h.
//
// JSON lines: one object per line; the keys of the first are the columns, and every row has exactly
// these. Numbers and strings are cells as they are written, true and false words, null a missing
// value. .npy: a row per first index, all else its columns 1, 2, ...; no header.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/data_file.h"
#include "io/input.h"

namespace mx {

class RowSource {
 public:
  virtual ~RowSource() = default;
  // Names, or "1", "2", ... where there are none. A column without a name goes by its number.
  [[nodiscard]] virtual const std::vector<std::string>& columns() const = 0;
  // False at the end. Cells are valid until the next call, one for each column. Throws Kind::input
  // with file and line; the next call goes on behind the row that could not be read.
  [[nodiscard]] virtual bool next(std::vector<std::string_view>& cells) = 0;
  // Where the last row (or the refused one) began: line, from 1; .npy: row, from 1.
  [[nodiscard]] virtual std::uint64_t line() const = 0;
  // See TableReader::buffered.
  [[nodiscard]] virtual bool buffered() const = 0;
  // "rows.csv line 7", for messages about the last row.
  [[nodiscard]] virtual std::string place() const = 0;
};

// Told apart as data/data_file.h says. `header`: the first row of CSV and TSV names the columns.
// Throws Kind::input for IDX (images are no rows), for a header that cannot be used, and for a .npy
// whose columns come first, which is held as a whole, of over `max_memory` bytes (0:
// default_max_memory()).
[[nodiscard]] std::unique_ptr<RowSource> open_rows(std::unique_ptr<io::Input> in, bool header,
                                                   std::uint64_t max_memory = 0);
// Each line is a row of one cell, in `column`.
[[nodiscard]] std::unique_ptr<RowSource> open_lines(std::unique_ptr<io::Input> in,
                                                    std::string column);
// The same as the first, of a kind that is known.
[[nodiscard]] std::unique_ptr<RowSource> open_rows(Sniffed sniffed, bool header,
                                                   std::uint64_t max_memory = 0);

}  // namespace mx
