// SPDX-License-Identifier: Apache-2.0
// Long lists in a tokenizer's JSON. A model's header may hold 2^18 values, a vocabulary has more: a
// list of over 65,536 values is one text instead, base64 of its values: ids as LEB128, texts as a
// LEB128 length and their bytes, numbers as 64-bit floats. Short lists stay lists.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mx {

[[nodiscard]] Json list_json(std::span<const std::uint32_t> ids);
[[nodiscard]] Json list_json(std::span<const std::string> texts);
[[nodiscard]] Json list_json(std::span<const double> numbers);

// Either form; throws Kind::input for ids over `most`, texts that are no UTF-8 and numbers that are
// not finite.
[[nodiscard]] std::vector<std::uint32_t> ids_from_list(JsonObject& object, std::string_view key,
                                                       std::uint32_t most);
[[nodiscard]] std::vector<std::string> texts_from_list(JsonObject& object, std::string_view key);
[[nodiscard]] std::vector<double> numbers_from_list(JsonObject& object, std::string_view key);

}  // namespace mx
