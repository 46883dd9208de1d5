// SPDX-License-Identifier: Apache-2.0
// Short texts (head, lineage) packed with a built-in dictionary of the words they use, which is
// part of the format: it never changes for version 1.
#pragma once

#include "base/bytes.h"

namespace mx {

// The smallest of the methods; the same text gives the same bytes.
[[nodiscard]] Bytes pack_text(ByteView text);
// Reads what pack_text wrote. Throws Kind::input when damaged or longer than 16 MiB decoded.
[[nodiscard]] Bytes unpack_text(ByteReader& in, std::string_view what);

// The dictionary (dictionary.cpp).
[[nodiscard]] ByteView text_dictionary();

}  // namespace mx
