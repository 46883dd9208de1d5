// SPDX-License-Identifier: Apache-2.0
// How many values a JSON text may hold, because a value takes up to a hundred bytes of memory where
// its text takes two. More are refused before any is made.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/json.h"

namespace mx {

inline constexpr std::size_t kMaxJsonValues = 1 << 18;  // for parse_json
// parse_json for texts that hold more, as a tokenizer's do.
[[nodiscard]] Json parse_long_json(std::string_view text, std::string_view where, std::size_t most);

}  // namespace mx
