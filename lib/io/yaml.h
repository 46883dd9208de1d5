// SPDX-License-Identifier: Apache-2.0
// YAML read into our JSON, strictly: one document of at most 1 MiB, no anchors, aliases or tags,
// duplicate keys refused, depth 32, every value's line remembered for messages.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace mx::io {

struct Yaml {
  Json value;
  // By JSON pointer ("/hidden"): the line of each key or list item, from 1, and each scalar as it
  // was written (an option that holds text keeps `007` so).
  std::map<std::string, std::size_t> lines;
  std::map<std::string, std::string> texts;
};

// `name` is the path for messages. Throws Kind::usage with file and line.
// Scalars: null, true/false, whole numbers, floats, else strings; quoted ones are strings.
[[nodiscard]] Yaml parse_yaml(std::string_view text, const std::string& name);
[[nodiscard]] Yaml read_yaml(const std::string& path);

}  // namespace mx::io
