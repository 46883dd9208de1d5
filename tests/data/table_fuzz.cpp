// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV and TSV: rows come out, or a refusal that names the input; after a refused row
// the reader goes on.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/table.h"

namespace {

void read_through(mx::ByteView bytes, mx::TableFormat format) {
  const auto input = mx::io::memory_input(bytes, "fuzzed.csv");
  mx::TableReader reader(*input, format, 4096);
  std::vector<std::string_view> cells;
  for (int refusals = 0; refusals < 8;) {
    try {
      if (!reader.next(cells)) return;
      double value = 0;
      for (const std::string_view cell : cells)
        if (!mx::is_missing(cell)) (void)mx::parse_number(cell, value);
    } catch (const mx::Error& error) {
      if (error.kind() != mx::Kind::input) throw;
      ++refusals;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_through({data, size}, mx::TableFormat::csv);
  read_through({data, size}, mx::TableFormat::tsv);
  return 0;
}
