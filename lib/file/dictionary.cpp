// SPDX-License-Identifier: Apache-2.0
// What heads and lineages usually look like. Part of format version 1: not a byte may change.
#include "file/packed.h"

namespace mx {

ByteView text_dictionary() {
  static constexpr std::string_view kText =
      R"({"family":"mlp","network":[{"input":{"shape":[64]}},{"linear":{"name":"0","in":64,"out":64}})";
  return view(kText);
}

}  // namespace mx
