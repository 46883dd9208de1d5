// SPDX-License-Identifier: Apache-2.0
// What a search over settings has found so far, kept in a file so that it goes on after a kill.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace mx {

struct Found {
  std::uint64_t trial = 0, steps = 0;  // of the trial, when it was looked at
  std::optional<double> loss = {};     // on the validation rows; none: the trial failed
  std::string error = {};              // why
};

struct Search {
  std::string key;  // digest of everything it depends on: another search's findings are no use
  std::uint64_t seed = 0;
  std::vector<Found> found = {};  // in the order of finding
};

// nullopt when there is no such file. Throws Kind::input for one that holds something else, or that
// somebody else may have put there (io::open_own).
[[nodiscard]] std::optional<Search> read_search(const std::string& path);
// Whole or not at all.
void write_search(const std::string& path, const Search& search);

}  // namespace mx
