// SPDX-License-Identifier: Apache-2.0
// YAML read into our JSON, strictly: one document, no anchors to loop through, duplicate keys
// refused, depth 32, every key's line remembered for messages.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace mx::io {

struct Yaml {
  Json value;
  std::map<std::string, std::size_t> lines;  // JSON pointer ("/hidden") -> line, from 1
};

// `name` is the path for messages. Throws Kind::usage with file and line.
// Scalars: null, true/false, whole numbers, floats, else strings; quoted ones are strings.
[[nodiscard]] Yaml parse_yaml(std::string_view text, const std::string& name);
[[nodiscard]] Yaml read_yaml(const std::string& path);

}  // namespace mx::io
