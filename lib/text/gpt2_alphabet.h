// SPDX-License-Identifier: Apache-2.0
// How GPT-2's files write bytes as characters (Radford et al. 2019, the published code): a byte
// that prints in Latin-1 as itself, the others as U+0100 and upwards.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "text/added_tokens.h"

namespace mx {

// The order of the bytes: those that print first. id of each byte.
[[nodiscard]] const std::array<TokenId, 256>& gpt2_byte_ids();
// Bytes as characters, and back; nothing for a text with another character.
[[nodiscard]] std::string gpt2_letters(std::string_view bytes);
[[nodiscard]] std::optional<std::string> gpt2_bytes(std::string_view letters);

}  // namespace mx
