// SPDX-License-Identifier: Apache-2.0
#include "base/checked.h"
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<Linear>& f) {
  f.name(&Linear::name);
  f.size("in", &Linear::in);
  f.size("out", &Linear::out);
  f.flag_or_default("bias", &Linear::bias);
  f.text_or_empty("tied", f.block().tied);
}

Shape output(const Linear& block, const Shape& input, const std::string& where) {
  check_last(block.in, input, where);
  Shape out = input;
  out.back() = block.out;
  return out;
}

std::vector<TensorSpec> tensors(const Linear& block) {
  std::vector<TensorSpec> out;
  if (block.tied.empty()) {
    out.push_back({.name = block.name + ".weight",
                   .shape = {block.out, block.in},
                   .role = "weight",
                   .prunable = true,
                   .fan_in = block.in});
  }
  if (block.bias) {
    out.push_back(
        {.name = block.name + ".bias", .shape = {block.out}, .role = "bias", .fan_in = block.in});
  }
  return out;
}

std::uint64_t macs(const Linear& block, const Shape& output) {
  return checked_mul(element_count(output), static_cast<std::size_t>(block.in), "a linear block");
}

}  // namespace

template <>
BlockType<Linear> block_type() {
  return {.type = "linear", .fields = fields, .output = output, .tensors = tensors, .macs = macs};
}

}  // namespace mx
