// SPDX-License-Identifier: Apache-2.0
// What a file is that is no model file, by its first bytes, for messages.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace mx {

struct OtherKind {
  std::string_view what;  // "a zip archive (npz or a PyTorch checkpoint)"
  std::string_view hint;  // what to do with it, may be empty
};

// `start`: the first bytes, 512 are enough.
[[nodiscard]] OtherKind sniff(ByteView start);

}  // namespace mx
