// SPDX-License-Identifier: Apache-2.0
// The machine's limit, which speeds are measured against.
#pragma once

#include "base/threads.h"

namespace mx::engine {

// fp32 operations a second of all threads together, multiply-adds in registers counted as two: the
// best of some milliseconds' attempts. Other threads of this process should be asleep.
[[nodiscard]] double peak(ThreadPool& pool);

}  // namespace mx::engine
