// SPDX-License-Identifier: Apache-2.0
// Texts and JSON that come from a file, made safe to show as what they are (words.h's printable is
// for names in messages).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mx {

// Line ends, tabs, backslashes and unseen characters stay as they are: only what a terminal would
// obey (C0, C1) and invalid UTF-8 is \xNN.
[[nodiscard]] std::string shown_text(std::string_view text);
// A JSON text of the same value, whose control characters and is_unseen() ones are escapes.
[[nodiscard]] std::string shown_json(std::string json);
// Characters that show nothing or are none, end a line where none is seen to end, or change the
// order of what is seen. https://unicode.org/reports/tr36 and tr9
[[nodiscard]] bool is_unseen(std::uint32_t code_point);

}  // namespace mx
