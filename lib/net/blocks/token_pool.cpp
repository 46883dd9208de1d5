// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {
namespace {

void fields(BlockFields<TokenPool>& f) {
  std::string kind = f.block().first ? "first" : "mean";
  f.text("kind", kind);
  if (kind != "first" && kind != "mean") {
    fail(Kind::input, "{}: \"kind\" is neither first nor mean", f.where());
  }
  f.block().first = kind == "first";
}

Shape output(const TokenPool& /*block*/, const Shape& input, const std::string& where) {
  if (input.size() != 2) {
    fail(Kind::input, "{} takes [time, numbers], but gets {}", where, to_string(input));
  }
  return {input[1]};
}

}  // namespace

template <>
BlockType<TokenPool> block_type() {
  return {.type = "token_pool", .fields = fields, .output = output};
}

}  // namespace mx
