// SPDX-License-Identifier: Apache-2.0
#include "base/checked.h"
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<Conv2d>& f) {
  f.name(&Conv2d::name);
  f.size("in", &Conv2d::in);
  f.size("out", &Conv2d::out);
  f.size("kernel", &Conv2d::kernel);
  f.size_or_default("stride", &Conv2d::stride);
  f.size_or_default("padding", &Conv2d::padding, 0);
  f.flag_or_default("bias", &Conv2d::bias);
}

Shape output(const Conv2d& block, const Shape& input, const std::string& where) {
  if (input.size() != 3 || input[0] != block.in) {
    fail(Kind::input, "{} takes [{}, height, width], but gets {}", where, block.in,
         to_string(input));
  }
  if (block.padding >= block.kernel) {
    fail(Kind::input, "{}: padding {} is not smaller than kernel {}", where, block.padding,
         block.kernel);
  }
  Shape out = {block.out, 0, 0};
  for (const std::size_t side : {1U, 2U}) {
    const std::int64_t free = input[side] + 2 * block.padding - block.kernel;
    if (free < 0) {
      fail(Kind::input, "{}: kernel {} does not fit into {}", where, block.kernel,
           to_string(input));
    }
    out[side] = free / block.stride + 1;
  }
  return out;
}

std::int64_t fan_in(const Conv2d& block) {
  const Shape window = {block.in, block.kernel, block.kernel};
  return narrow<std::int64_t>(element_count(window), "a convolution's window");
}

std::vector<TensorSpec> tensors(const Conv2d& block) {
  std::vector<TensorSpec> out = {{.name = block.name + ".weight",
                                  .shape = {block.out, block.in, block.kernel, block.kernel},
                                  .role = "weight",
                                  .prunable = true,
                                  .fan_in = fan_in(block)}};
  if (block.bias) {
    out.push_back({.name = block.name + ".bias",
                   .shape = {block.out},
                   .role = "bias",
                   .fan_in = fan_in(block)});
  }
  return out;
}

std::uint64_t macs(const Conv2d& block, const Shape& output) {
  return checked_mul(element_count(output), static_cast<std::size_t>(fan_in(block)),
                     "a convolution");
}

}  // namespace

template <>
BlockType<Conv2d> block_type() {
  return {.type = "conv2d", .fields = fields, .output = output, .tensors = tensors, .macs = macs};
}

}  // namespace mx
