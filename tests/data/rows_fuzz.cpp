// SPDX-License-Identifier: Apache-2.0
// Any bytes as rows of whatever format they look like: as many cells as columns, or a refusal,
// behind which the next row comes.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/rows.h"

namespace {

void read_through(mx::ByteView bytes, const char* name, bool header) {
  try {
    const auto rows = mx::open_rows(mx::io::memory_input(bytes, name), header);
    std::vector<std::string_view> cells;
    for (int refusals = 0; refusals < 8;) {
      try {
        if (!rows->next(cells)) return;
        if (cells.size() != rows->columns().size()) __builtin_trap();
      } catch (const mx::Error& error) {
        if (error.kind() != mx::Kind::input) throw;
        ++refusals;
      }
    }
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_through({data, size}, "fuzzed", true);
  read_through({data, size}, "fuzzed", false);
  read_through({data, size}, "fuzzed.jsonl", true);
  return 0;
}
