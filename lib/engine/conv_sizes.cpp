// SPDX-License-Identifier: Apache-2.0
#include "engine/conv_sizes.h"

#include "base/checked.h"

namespace mx::engine {
namespace {

constexpr std::string_view kWhat = "a convolution";

std::size_t product(std::size_t a, std::size_t b) { return checked_mul(a, b, kWhat); }
std::size_t sum(std::size_t a, std::size_t b) { return checked_add(a, b, kWhat); }
std::size_t size(std::int64_t value) { return narrow<std::size_t>(value, kWhat); }

}  // namespace

ConvSizes conv_sizes(const Conv2d& block, const Shape& input, const Shape& output,
                     std::size_t panel) {
  ConvSizes out{.in = size(block.in),
                .out = size(block.out),
                .kernel = size(block.kernel),
                .stride = size(block.stride),
                .padding = size(block.padding),
                .height = size(input[1]),
                .width = size(input[2]),
                .out_height = size(output[1]),
                .out_width = size(output[2])};
  const std::size_t borders = product(2, out.padding);
  out.wide = sum(out.width, borders);
  out.image = product(sum(out.height, borders), out.wide);
  out.k = product(product(out.in, out.kernel), out.kernel);
  out.line = out.stride == 1 ? out.wide : out.out_width;
  const std::size_t used = sum(product(out.out_height - 1, out.line), out.out_width);
  out.positions = sum(used, panel - 1) / panel * panel;
  out.bordered = sum(product(out.in, out.image), panel);
  const std::size_t windows = product(out.k, out.positions);
  out.windows = out.stride == 1 ? 0 : windows;
  out.result = product(out.out, out.positions);
  (void)product(sum(sum(out.bordered, windows), out.result), sizeof(float));
  return out;
}

}  // namespace mx::engine
