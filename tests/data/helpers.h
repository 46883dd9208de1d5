// SPDX-License-Identifier: Apache-2.0
// What the tests of this room share: inputs that dribble, and tables written with needless quotes.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "data/table.h"
#include "io/input.h"

namespace mx::test {

// At most `step` bytes a read, never seekable: a pipe.
class Dribble final : public io::Input {
 public:
  Dribble(std::string_view text, std::size_t step) : text_(text), step_(step) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min({out.size(), step_, text_.size() - at_});
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  std::string_view text_;
  std::size_t step_, at_ = 0;
  std::string name_ = "rows.csv";
};

using Row = std::vector<std::string>;

inline std::vector<Row> read_rows(std::string_view text, TableFormat format = TableFormat::csv,
                                  std::size_t step = 1U << 20U) {
  Dribble in(text, step);
  TableReader reader(in, format);
  std::vector<std::string_view> cells;
  std::vector<Row> rows;
  while (reader.next(cells)) rows.emplace_back(cells.begin(), cells.end());
  return rows;
}

// Quoted where it must be, and elsewhere at random.
inline std::string write_cell(std::string_view cell, char delimiter, bool alone, Random& random) {
  const bool blank = alone && trimmed(cell).empty();
  const bool must =
      blank || cell.find_first_of(std::string("\"\r\n") + delimiter) != std::string_view::npos;
  if (!must && random.below(3) != 0) return std::string(cell);
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace mx::test
