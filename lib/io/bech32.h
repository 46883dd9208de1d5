// SPDX-License-Identifier: Apache-2.0
// Bech32 (BIP 173), as age writes keys: letters that say what it is, "1", the bytes by five bits,
// and a checksum that sees any four mistakes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace mx::io {

// what: lower case.
[[nodiscard]] std::string bech32(std::string_view what, ByteView bytes);
// All of one case. Nothing where it is not bech32 of `what`.
[[nodiscard]] std::optional<Bytes> from_bech32(std::string_view what, std::string_view text);

}  // namespace mx::io
