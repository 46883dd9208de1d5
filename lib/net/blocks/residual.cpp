// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {

// A list instead of fields: net/network.cpp walks it.
template <>
BlockType<Residual> block_type() {
  return {
      .type = "residual", .fields = [](BlockFields<Residual>& /*fields*/) {}, .output = same_shape};
}

}  // namespace mx
