// SPDX-License-Identifier: Apache-2.0
// Training images changed a little at random, so that a model sees more than it was given.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/schema.h"

namespace mx {

// shift:N moves an image by a whole number of pixels, uniform in [-N, N] in each direction; what
// moves in is 0 in the source's own units. A table's columns with an input shape of [c, h, w] are
// images too, and each number is moved in its own column's units.
class Shift {
 public:
  // text: "shift:N". Throws Kind::usage when it is not, or when rows are not images.
  Shift(const std::string& text, const Schema& schema);

  // Writes the moved copy of `from` into `to`; both hold one encoded row.
  void apply(std::span<const float> from, std::span<float> to, Random& random) const;

 private:
  std::int64_t most_ = 0, channels_ = 0, height_ = 0, width_ = 0;
  std::vector<float> mean_, scale_;  // of each number of a row; empty: 0 and 1
};

}  // namespace mx
