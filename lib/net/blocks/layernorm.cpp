// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<LayerNorm>& f) {
  f.name(&LayerNorm::name);
  f.size("dim", &LayerNorm::dim);
  f.number_or_default("eps", &LayerNorm::eps, 1e-30, 1);
}

Shape output(const LayerNorm& block, const Shape& input, const std::string& where) {
  check_last(block.dim, input, where);
  return input;
}

std::vector<TensorSpec> tensors(const LayerNorm& block) {
  return {{.name = block.name + ".weight", .shape = {block.dim}, .role = "weight"},
          {.name = block.name + ".bias", .shape = {block.dim}, .role = "bias"}};
}

}  // namespace

template <>
BlockType<LayerNorm> block_type() {
  return {.type = "layernorm", .fields = fields, .output = output, .tensors = tensors};
}

}  // namespace mx
