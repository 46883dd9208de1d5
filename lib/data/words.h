// SPDX-License-Identifier: Apache-2.0
// Lists of names and categories as JSON: what counts up is written as its first and its last.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mx {

// ["p00", "p01", ..., "p07", "x"] -> [["p00", "p07"], "x"]: a run is a common start and whole
// numbers of at most nine digits that grow by one, written with equally many digits or with no
// leading zeros.
[[nodiscard]] Json words_to_json(const std::vector<std::string>& words);
// The inverse. `where` opens messages. At most `budget` words, which is lowered by their number;
// checked before a run is written out. Throws Kind::input.
[[nodiscard]] std::vector<std::string> words_from_json(const Json& json, std::string_view where,
                                                       std::size_t& budget);
// Whether a comes before b: numbers first, by value, then text by bytes.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

}  // namespace mx
