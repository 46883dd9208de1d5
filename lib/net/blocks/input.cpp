// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {

template <>
BlockType<InputBlock> block_type() {
  return {.type = "input",
          .fields =
              [](BlockFields<InputBlock>& f) {
                f.sizes("shape", &InputBlock::shape);
                const std::size_t dimensions = f.block().shape.size();
                if (dimensions < 1 || dimensions > 8) {
                  fail(Kind::input, "{}: the shape has {} dimensions, not 1 to 8", f.where(),
                       dimensions);
                }
              },
          .output = [](const InputBlock& block, const Shape& /*input*/,
                       const std::string& /*where*/) { return block.shape; }};
}

}  // namespace mx
