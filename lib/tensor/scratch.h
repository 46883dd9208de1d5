// SPDX-License-Identifier: Apache-2.0
// Memory that a thread uses again: fresh pages cost more than the work on them.
#pragma once

#include <cstdint>
#include <span>

#include "tensor/tensor.h"

namespace mx {

// `size` bytes of this thread, uninitialized, valid until it asks for the same Use again. What is
// kept is of the size of a chunk, so memory stays bounded; longer buffers come in `large`.
template <class Use>
[[nodiscard]] std::span<std::uint8_t> scratch(std::size_t size, Buffer& large) {
  constexpr std::size_t kKept = (1U << 20U) + (1U << 16U);
  if (size > kKept) {
    large = Buffer(size);
    return large.bytes();
  }
  thread_local Buffer kept(kKept);
  return kept.bytes().first(size);
}

}  // namespace mx
