// SPDX-License-Identifier: Apache-2.0
// Any bytes as a Python pickle: values that refer to one another within it, or a refusal.
#include <cstdint>

#include "base/error.h"
#include "convert/pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const mx::Pickled pickled = mx::read_pickle({data, size}, "fuzzed");
    for (const mx::PickledTensor& tensor : pickled.tensors) {
      if (tensor.storage >= pickled.storages.size()) __builtin_trap();
    }
    for (const auto& list : pickled.lists) {
      for (const mx::PickledValue& value : list) {
        if (value.is == mx::PickledValue::Is::list && value.at >= pickled.lists.size())
          __builtin_trap();
        if (value.is == mx::PickledValue::Is::text && value.at >= pickled.texts.size())
          __builtin_trap();
      }
    }
  } catch (const mx::Error& error) {
    if (error.kind() != mx::Kind::input) throw;
  }
  return 0;
}
