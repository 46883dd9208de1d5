// SPDX-License-Identifier: Apache-2.0
// A pipe read to its end before anything in it is used, and then read at any offset.
#pragma once

#include <cstdint>
#include <memory>

#include "io/input.h"

namespace mx::io {

// Where the part goes that is beyond 32 MiB. What was unsealed stays in memory.
enum class Beyond { memory, scratch };

// All that is left of `in`, whose end is waited for: at most `limit` bytes; more is Kind::input. A
// scratch file (io/scratch.h) that cannot be written is Kind::output.
[[nodiscard]] std::unique_ptr<Input> held(Input& in, std::uint64_t limit, Beyond beyond);

}  // namespace mx::io
