// SPDX-License-Identifier: Apache-2.0
// Any bytes as a compressed or plain file: decoded within a bound, or refused.
#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "io/decompress.h"
#include "io/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto input = mx::io::decompressed(mx::io::memory_input({data, size}, "fuzzed.gz"));
    (void)mx::io::read_all(*input, 1 << 20);
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
  return 0;
}
