// SPDX-License-Identifier: Apache-2.0
// Any bytes: JSON that is accepted is written again as the same value; all else is Kind::input.
#include <cstdint>
#include <stdexcept>

#include "base/error.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const mx::Json value =
        mx::parse_json({reinterpret_cast<const char*>(data), size}, "the fuzzed text");
    if (mx::parse_json(mx::dump_json(value), "its copy") != value)
      throw std::logic_error("written and read again it is another value");
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
  return 0;
}
