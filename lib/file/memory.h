// SPDX-License-Identifier: Apache-2.0
// The limit on what a file may ask for, held against declared sizes before anything is allocated.
#pragma once

#include <cstdint>
#include <string>

namespace mx {

// Half of what this process may use: of the machine's, its control group's or its own limit.
[[nodiscard]] std::uint64_t default_max_memory();
// Throws Kind::input when `needed` is over `limit` (0: the default).
void check_memory(const std::string& name, std::uint64_t needed, std::uint64_t limit);

}  // namespace mx
