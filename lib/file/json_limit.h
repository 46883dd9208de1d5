// SPDX-License-Identifier: Apache-2.0
// JSON out of a model file: parse_json with a limit on the number of values, because a value takes
// up to a hundred bytes of memory where its text takes two.
#pragma once

#include <string_view>

#include "base/json.h"

namespace mx {

inline constexpr std::size_t kMaxJsonValues = 1 << 18;

[[nodiscard]] Json parse_limited_json(std::string_view text, std::string_view where);

}  // namespace mx
