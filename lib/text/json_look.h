// SPDX-License-Identifier: Apache-2.0
// Values of other programs' JSON, of which anything may be missing.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace mx {

// The value at a path of keys; null when something on the way is missing.
[[nodiscard]] inline const Json& look(const Json& json,
                                      std::initializer_list<std::string_view> keys) {
  static const Json kNothing;
  const Json* at = &json;
  for (const std::string_view key : keys) {
    if (!at->is_object()) return kNothing;
    const auto found = at->find(std::string(key));
    if (found == at->end()) return kNothing;
    at = &*found;
  }
  return *at;
}

// Empty when there is none, or something else.
[[nodiscard]] inline std::string word_at(const Json& json,
                                         std::initializer_list<std::string_view> keys) {
  const Json& value = look(json, keys);
  return value.is_string() ? value.get<std::string>() : std::string();
}

[[nodiscard]] inline bool flag_at(const Json& json, std::string_view key, bool otherwise) {
  const Json& value = look(json, {key});
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

// A whole number within [0, 2^24), which ids are.
[[nodiscard]] inline std::optional<std::uint32_t> id_at(const Json& json, std::string_view key) {
  const Json& value = key.empty() ? json : look(json, {key});
  if (!value.is_number_integer() || value < 0 || value >= (1 << 24)) return std::nullopt;
  return value.get<std::uint32_t>();
}

}  // namespace mx
