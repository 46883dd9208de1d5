// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/words.h"
#include "net/blocks/block_type.h"

namespace mx {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"relu", "gelu", "gelu_tanh",
                                                    "tanh", "silu", "none"};

void fields(BlockFields<Activation>& f) { f.act("kind", f.block().kind); }

}  // namespace

std::string_view name_of(Act act) { return kNames.at(static_cast<std::size_t>(act)); }

Act act_named(std::string_view name, const std::string& where) {
  const auto* const found = std::ranges::find(kNames, name);
  if (found == kNames.end()) {
    fail(Kind::input, "{}: the activation '{}' is not known", where, printable(name));
  }
  return static_cast<Act>(found - kNames.begin());
}

template <>
BlockType<Activation> block_type() {
  return {.type = "activation", .fields = fields, .output = same_shape};
}

}  // namespace mx
