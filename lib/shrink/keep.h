// SPDX-License-Identifier: Apache-2.0
// The names that --keep protects: an ECMAScript regular expression, matched anywhere in a name.
#pragma once

#include <regex>
#include <string>

namespace mx {

class KeepNames {
 public:
  explicit KeepNames(const std::string& expression);  // empty: none; throws Kind::usage
  [[nodiscard]] bool matches(const std::string& name) const;

 private:
  bool any_ = false;
  std::regex expression_;
};

}  // namespace mx
