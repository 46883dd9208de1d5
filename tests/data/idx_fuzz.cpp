// SPDX-License-Identifier: Apache-2.0
// Any bytes as IDX and as .npy: an array whose bytes are all there, or a refusal.
#include <cstdint>

#include "base/error.h"
#include "data/idx.h"
#include "data/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto read : {mx::read_idx, mx::read_npy}) {
    try {
      const auto in = mx::io::memory_input({data, size}, "fuzzed");
      const mx::Tensor tensor = read(*in, 0);
      if (tensor.data.size() != mx::byte_count(tensor.dtype, tensor.shape)) __builtin_trap();
      if (tensor.data.size() > size) __builtin_trap();
    } catch (const mx::Error& error) {
      if (error.kind() != mx::Kind::input) throw;
    }
  }
  return 0;
}
