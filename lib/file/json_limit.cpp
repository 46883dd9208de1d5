// SPDX-License-Identifier: Apache-2.0
#include "file/json_limit.h"

#include "base/error.h"

namespace mx {

Json parse_limited_json(std::string_view text, std::string_view where) {
  std::size_t values = 1;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == '[' || c == '{')) {
      ++values;
    }
  }
  if (values > kMaxJsonValues) {
    fail(Kind::input, "{} holds over {} values", where, kMaxJsonValues);
  }
  return parse_json(text, where);
}

}  // namespace mx
