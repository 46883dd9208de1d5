// SPDX-License-Identifier: Apache-2.0
// Bytes as text (RFC 4648, section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace mx {

enum class Padding : std::uint8_t { yes, no };  // whether = fills the last four characters

[[nodiscard]] std::string to_base64(ByteView bytes, Padding padding = Padding::yes);
// Nothing unless all of `text` is that.
[[nodiscard]] std::optional<Bytes> read_base64(std::string_view text,
                                               Padding padding = Padding::yes);
// Throws Kind::input with `where`.
[[nodiscard]] Bytes from_base64(std::string_view text, std::string_view where);

}  // namespace mx
