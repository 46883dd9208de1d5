// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<Pool2d>& f) {
  std::string kind = f.block().max ? "max" : "avg";
  f.text("kind", kind);
  if (kind != "max" && kind != "avg") {
    fail(Kind::input, "{}: \"kind\" is neither max nor avg", f.where());
  }
  f.block().max = kind == "max";
  f.size("size", &Pool2d::size);
  f.size("stride", &Pool2d::stride);
}

Shape output(const Pool2d& block, const Shape& input, const std::string& where) {
  if (input.size() != 3) {
    fail(Kind::input, "{} takes [channels, height, width], but gets {}", where, to_string(input));
  }
  if (input[1] < block.size || input[2] < block.size) {
    fail(Kind::input, "{}: a window of {} does not fit into {}", where, block.size,
         to_string(input));
  }
  return {input[0], (input[1] - block.size) / block.stride + 1,
          (input[2] - block.size) / block.stride + 1};
}

}  // namespace

template <>
BlockType<Pool2d> block_type() {
  return {.type = "pool2d", .fields = fields, .output = output};
}

}  // namespace mx
