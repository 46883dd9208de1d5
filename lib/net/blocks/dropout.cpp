// SPDX-License-Identifier: Apache-2.0
#include "net/blocks/block_type.h"

namespace mx {

template <>
BlockType<Dropout> block_type() {
  return {
      .type = "dropout",
      .fields = [](BlockFields<Dropout>& f) { f.number_or_default("rate", &Dropout::rate, 0, 1); },
      .output = same_shape};
}

}  // namespace mx
