// SPDX-License-Identifier: Apache-2.0
// Licence expressions of SPDX: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mx {

struct LicenseExpression {
  // all: each of the parts ("AND"); any: one of them, as the user likes ("OR").
  enum class Is { one, all, any } is = Is::one;
  std::string id;         // one: "MIT", "GPL-2.0+", "LicenseRef-x"
  std::string exception;  // one: what stands after WITH
  std::vector<LicenseExpression> parts;
};

// Words as they stand; nullopt when it is no expression. NONE and NOASSERTION are ids here.
[[nodiscard]] std::optional<LicenseExpression> parse_license(std::string_view text);
[[nodiscard]] std::string to_string(const LicenseExpression& expression);

// The parts that an expression asks for together; of any other text itself.
[[nodiscard]] std::vector<std::string> license_parts(std::string_view text);
// What asks for all of these, each part once.
[[nodiscard]] std::string all_licenses(const std::vector<std::string>& licenses);
// Every id that it names, in order; of a text that is no expression none.
[[nodiscard]] std::vector<std::string> license_ids(std::string_view text);

}  // namespace mx
