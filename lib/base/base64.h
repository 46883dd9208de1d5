// SPDX-License-Identifier: Apache-2.0
// Bytes as text in JSON (RFC 4648, section 4).
#pragma once

#include <string>
#include <string_view>

namespace mx {

[[nodiscard]] std::string to_base64(std::string_view bytes);
// Throws Kind::input with `where`.
[[nodiscard]] std::string from_base64(std::string_view text, std::string_view where);

}  // namespace mx
