// SPDX-License-Identifier: Apache-2.0
// Where the structures of each map lie: what makes them, what reads them, and which sizes of the
// block list count them. Found by walking the list from the map to the next map that mixes them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "shrink/prune.h"

namespace mx {

// One axis of a tensor, on which structure i lies at (o * structures + i) * inner + k, for every
// o < outer and k < inner: flattening [c, h, w] gives each channel h * w numbers.
struct AxisUse {
  std::string tensor;
  std::size_t axis = 0, outer = 1, inner = 1;
};

struct SizeUse {  // a size of blocks[block] that shrinks in proportion
  std::size_t block = 0;
  enum class Field { in, out, dim } field = Field::in;
};

struct StructureGroup {
  std::string map;             // the weight whose rows they are
  std::size_t structures = 0;  // before cutting
  bool kept = false;           // its name is matched by --keep
  std::vector<AxisUse> makes;  // row, bias, normalization: zero these and its output is zero
  std::vector<AxisUse> keeps;  // running statistics: shrink with it, but need no zeroing
  std::vector<AxisUse> reads;  // columns of the next map
  std::vector<SizeUse> sizes;
};

// In the network's order; throws as choose_structures does.
[[nodiscard]] std::vector<StructureGroup> find_groups(const Network& network, Structure structure,
                                                      const std::string& keep);

// Of each group, which structures stay.
[[nodiscard]] std::vector<std::vector<std::uint8_t>> rank_structures(
    const std::vector<StructureGroup>& groups, const std::vector<Scores>& scores, double sparsity,
    Scope scope);

}  // namespace mx
