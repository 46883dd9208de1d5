// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<InputBlock>& f) {
  f.size_or_default("tokens", &InputBlock::tokens, 0);
  if (f.block().tokens > 0) return;
  f.sizes("shape", &InputBlock::shape);
  const std::size_t dimensions = f.block().shape.size();
  if (dimensions < 1 || dimensions > 8) {
    fail(Kind::input, "{}: the shape has {} dimensions, not 1 to 8", f.where(), dimensions);
  }
}

Shape output(const InputBlock& block, const Shape& /*input*/, const std::string& /*where*/) {
  return block.tokens > 0 ? Shape{block.tokens} : block.shape;
}

}  // namespace

template <>
BlockType<InputBlock> block_type() {
  return {.type = "input", .fields = fields, .output = output};
}

}  // namespace mx
