// SPDX-License-Identifier: Apache-2.0
// A pipe read to its end before anything in it is used, and then read at any offset.
#pragma once

#include <cstdint>
#include <memory>

#include "io/input.h"

namespace mx::io {

// All that is left of `in`, whose end is waited for: at most `limit` bytes; more is Kind::input.
// Beyond 32 MiB it lies in a scratch file (io/scratch.h); where that cannot be written:
// Kind::output. What must not, since it was unsealed: io/held_input.h.
[[nodiscard]] std::unique_ptr<Input> held(Input& in, std::uint64_t limit);

}  // namespace mx::io
