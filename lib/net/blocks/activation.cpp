// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/words.h"
#include "net/blocks/block_type.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"relu", "gelu", "gelu_tanh",
                                                    "tanh", "silu", "none"};

void fields(BlockFields<Activation>& f) {
  std::string kind(name_of(f.block().kind));
  f.text("kind", kind);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kind != kNames[i]) continue;
    f.block().kind = static_cast<Act>(i);
    return;
  }
  fail(Kind::input, "{}: the activation '{}' is not known", f.where(), printable(kind));
}

}  // namespace

std::string_view name_of(Act act) { return kNames.at(static_cast<std::size_t>(act)); }

template <>
BlockType<Activation> block_type() {
  return {.type = "activation", .fields = fields, .output = same_shape};
}

}  // namespace mx
