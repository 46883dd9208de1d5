// SPDX-License-Identifier: Apache-2.0
// What a search may try: for each option a list of values or a range, read from YAML:
//
//   lr: {low: 0.0003, high: 0.03, log: true}    any number between, evenly in its logarithm
//   batch-size: {low: 8, high: 64}              whole ends: a whole number, both ends included
//   hidden: ["64", "128,64", "512"]             one of these
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace mx {

struct Axis {
  std::string option;                    // a flag's name
  std::vector<std::string> values = {};  // one of these; or, when empty, from low to high
  double low = 0, high = 0;
  bool log = false, whole = false;
};
using Space = std::vector<Axis>;

// One value for each option that is searched, as its flag would give it.
struct Setting {
  std::string option, value;
};
using Settings = std::vector<Setting>;

// Throws Kind::usage with file and line.
[[nodiscard]] Space read_space(const std::string& path);
// As it was read.
[[nodiscard]] Json to_json(const Space& space);
// Trial `number` of a search: depends on its number and the seed alone. Numbers have six digits.
[[nodiscard]] Settings draw(const Space& space, std::uint64_t seed, std::uint64_t number);

}  // namespace mx
