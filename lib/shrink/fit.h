// SPDX-License-Identifier: Apache-2.0
// A smaller network cut out of another one: the most important structures of every kind, as many as
// a number of parameters allows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "shrink/structure.h"

namespace mx {

// Heads, neurons and channels; with `width`, that too.
[[nodiscard]] std::vector<StructureGroup> inner_groups(const Network& network, bool width);

// Of each structure of a group, by the group's name.
using ImportanceByName = std::map<std::string, std::vector<double>>;

struct Fit {
  std::vector<StructureGroup> groups;
  std::vector<Kept> kept = {};
  std::uint64_t parameters = 0;
};
// Of every group the same share stays, rounded, at least one; the largest share with at most `most`
// parameters; when even one of each has more, that.
[[nodiscard]] Fit fit_structures(const Network& network, const ImportanceByName& importance,
                                 std::uint64_t most, bool width);

}  // namespace mx
