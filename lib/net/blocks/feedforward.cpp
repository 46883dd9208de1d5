// SPDX-License-Identifier: Apache-2.0
#include "base/checked.h"
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<FeedForward>& f) {
  f.name(&FeedForward::name);
  f.size("dim", &FeedForward::dim);
  f.size("hidden", &FeedForward::hidden);
  f.act("activation", f.block().activation);
  f.flag_or_default("gated", &FeedForward::gated);
  f.flag_or_default("bias", &FeedForward::bias);
}

Shape output(const FeedForward& block, const Shape& input, const std::string& where) {
  check_last(block.dim, input, where);
  return input;
}

std::vector<TensorSpec> tensors(const FeedForward& block) {
  std::vector<TensorSpec> out;
  const auto map = [&](const std::string& role, std::int64_t rows, std::int64_t columns) {
    add_map(out, block.name, role, rows, columns);
    if (block.bias) add_bias(out, block.name, role + "_bias", rows, columns);
  };
  map("up", block.hidden, block.dim);
  if (block.gated) map("gate", block.hidden, block.dim);
  map("down", block.dim, block.hidden);
  return out;
}

std::uint64_t macs(const FeedForward& block, const Shape& output) {
  const std::size_t maps = block.gated ? 3 : 2;
  return checked_mul(checked_mul(maps, element_count(output), "a feed-forward block"),
                     static_cast<std::size_t>(block.hidden), "a feed-forward block");
}

}  // namespace

template <>
BlockType<FeedForward> block_type() {
  return {
      .type = "feedforward", .fields = fields, .output = output, .tensors = tensors, .macs = macs};
}

}  // namespace mx
