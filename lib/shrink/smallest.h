// SPDX-License-Identifier: Apache-2.0
// The numbers of least magnitude, exactly so many: no sorting and no copies, but two passes of
// counting over the bits (a radix selection) and one that writes. Ties go by position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/threads.h"

namespace mx {

// Which numbers go: those with a magnitude below `limit`, and of those that equal it the first
// `equals`.
struct Least {
  float limit = 0;
  std::size_t equals = 0;
  bool all_equal = false;  // `equals` are all there are
};

// Of all the parts together, the `count` least; count: from 1 to how many there are. Sets `finite`
// to false when there are numbers that are not. pool: null for this thread alone.
[[nodiscard]] Least find_least(std::span<const std::span<const float>> parts, std::size_t count,
                               ThreadPool* pool, bool* finite = nullptr);

// Zeroes those numbers.
void zero_least(std::span<const std::span<float>> parts, const Least& least, ThreadPool* pool);

// The `count` least of a few numbers get keep 0.
void drop_least(std::span<const float> scores, std::size_t count, std::span<std::uint8_t> keep);

}  // namespace mx
