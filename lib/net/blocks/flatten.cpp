// SPDX-License-Identifier: Apache-2.0
#include "base/checked.h"
#include "net/blocks/block_type.h"

namespace mx {

template <>
BlockType<Flatten> block_type() {
  return {.type = "flatten",
          .fields = [](BlockFields<Flatten>& /*f*/) {},
          .output = [](const Flatten& /*block*/, const Shape& input, const std::string& where)
              -> Shape { return {narrow<std::int64_t>(element_count(input), where)}; }};
}

}  // namespace mx
