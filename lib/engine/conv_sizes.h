// SPDX-License-Identifier: Apache-2.0
// The sizes a convolution is computed with, in numbers, for one row.
#pragma once

#include <cstddef>

#include "net/network.h"

namespace mx::engine {

struct ConvSizes {
  std::size_t in = 0, out = 0, kernel = 0, stride = 0, padding = 0;
  std::size_t height = 0, width = 0, out_height = 0, out_width = 0;
  std::size_t wide = 0, image = 0;  // of the bordered image: a line, a channel
  std::size_t k = 0;                // weights of an output: in * kernel * kernel
  // Of the kernel's output: a line, and all of a channel, filled up to whole panels.
  std::size_t line = 0, positions = 0;
  // Scratch: the bordered image with what the kernel may read behind it, the windows laid out (0
  // with stride 1), the kernel's output.
  std::size_t bordered = 0, windows = 0, result = 0;
  [[nodiscard]] std::size_t scratch() const { return bordered + windows + result; }
};

// Throws Kind::input when they do not fit 64 bits in bytes.
[[nodiscard]] ConvSizes conv_sizes(const Conv2d& block, const Shape& input, const Shape& output,
                                   std::size_t panel);

}  // namespace mx::engine
