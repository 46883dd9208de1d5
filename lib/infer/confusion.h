// SPDX-License-Identifier: Apache-2.0
// Where a classifier is right and what it takes for what: counts of each pair of a true and a
// predicted class, and from them each class's precision and recall.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"

namespace mx {

struct ClassScore {
  std::uint64_t n = 0;              // rows of this class
  std::optional<double> precision;  // of the rows predicted as it, those that are it; none: no row
  std::optional<double> recall;     // of its rows, those predicted as it; none: no row
};

struct Confusion {
  std::vector<ClassScore> classes;
  // [truth, predicted], row-major; empty when there are more than kMostConfused classes.
  std::vector<std::uint64_t> counts;
};
inline constexpr std::size_t kMostConfused = 1024;

// labels, predicted: [rows], class numbers below `classes`.
[[nodiscard]] Confusion confusion(std::span<const std::int64_t> labels,
                                  std::span<const std::int64_t> predicted, std::size_t classes);
// Adds "classes", [{"name", "precision", "recall", "n"}, ...] with null for what no row says, and
// "confusion", a list of counts by predicted class for each true class.
void add_to(Json& result, const Confusion& confusion, std::span<const std::string> names);
// Both as tables for people; where there are too many classes to look at, a line that says so.
[[nodiscard]] std::string describe(const Confusion& confusion, std::span<const std::string> names);

}  // namespace mx
