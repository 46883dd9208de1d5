// SPDX-License-Identifier: Apache-2.0
// Which rows are for what. Depends on the row's position and the seed only, never on what is in it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace mx {

struct Fold {                          // "K/N": of N parts the K-th, K from 1
  std::int64_t number = 0, count = 0;  // count 0: no folds

  // Row i (from 0) is in part i mod N + 1: files sorted by class are divided fairly.
  [[nodiscard]] bool holds(std::uint64_t row) const {
    return count > 0 &&
           row % static_cast<std::uint64_t>(count) == static_cast<std::uint64_t>(number - 1);
  }
};
[[nodiscard]] Fold parse_fold(std::string_view text);  // "" is no fold; throws Kind::usage

enum class Part : std::uint8_t { train, valid, test, none };

// Part of each of `rows` rows: the fold's to test; of the others, the share `valid_fraction`
// (rounded, at least one when it is above 0) by seeded shuffle to valid.
[[nodiscard]] std::vector<Part> divide(std::uint64_t rows, const Fold& fold, double valid_fraction,
                                       std::uint64_t seed);

}  // namespace mx
