// SPDX-License-Identifier: Apache-2.0
// Any bytes as npz, npy, safetensors or GGUF: tensors whose bytes are all there, or a refusal; and
// the tokenizer that is in them.
#include <cstdint>

#include "base/error.h"
#include "convert/gguf_text.h"
#include "convert/source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto source = mx::open_source(mx::io::memory_input({data, size}, "fuzzed"), 1U << 28U);
    for (std::size_t i = 0; i < source->entries().size(); ++i) {
      const mx::TensorEntry& entry = source->entries()[i];
      const mx::Tensor tensor = source->read(i);
      if (tensor.dtype != entry.dtype || tensor.shape != entry.shape) __builtin_trap();
      if (tensor.data.size() != mx::byte_count(entry.dtype, entry.shape)) __builtin_trap();
    }
    const auto tokenizer = mx::read_gguf_tokenizer(*source);
    (void)tokenizer->decode(mx::encode(*tokenizer, "a text, of course"));
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
  return 0;
}
