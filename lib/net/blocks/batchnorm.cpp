// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<BatchNorm>& f) {
  f.name(&BatchNorm::name);
  f.size("dim", &BatchNorm::dim);
  f.number_or_default("eps", &BatchNorm::eps, 1e-30, 1);
}

Shape output(const BatchNorm& block, const Shape& input, const std::string& where) {
  if (input[0] != block.dim) {
    fail(Kind::input, "{} takes {} channels, but gets {}", where, block.dim, to_string(input));
  }
  return input;
}

std::vector<TensorSpec> tensors(const BatchNorm& block) {
  std::vector<TensorSpec> out;
  for (const char* role : {"weight", "bias", "mean", "var"}) {
    const std::string_view text = role;
    out.push_back({.name = block.name + "." + role,
                   .shape = {block.dim},
                   .role = role,
                   .trained = text == "weight" || text == "bias"});
  }
  return out;
}

}  // namespace

template <>
BlockType<BatchNorm> block_type() {
  return {.type = "batchnorm", .fields = fields, .output = output, .tensors = tensors};
}

}  // namespace mx
