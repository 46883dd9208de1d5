// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<RmsNorm>& f) {
  f.name(&RmsNorm::name);
  f.size("dim", &RmsNorm::dim);
  f.number_or_default("eps", &RmsNorm::eps, 1e-30, 1);
}

Shape output(const RmsNorm& block, const Shape& input, const std::string& where) {
  check_last(block.dim, input, where);
  return input;
}

std::vector<TensorSpec> tensors(const RmsNorm& block) {
  return {{.name = block.name + ".weight", .shape = {block.dim}, .role = "weight"}};
}

}  // namespace

template <>
BlockType<RmsNorm> block_type() {
  return {.type = "rmsnorm", .fields = fields, .output = output, .tensors = tensors};
}

}  // namespace mx
