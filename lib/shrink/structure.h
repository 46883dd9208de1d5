// SPDX-License-Identifier: Apache-2.0
// Parts of a network that go as a whole, so that it gets smaller and faster with no special kernel:
// neurons, channels, attention heads, whole residual blocks, and the width of what runs past these.
// Where the structures of each map lie: what makes them, what reads them, and which sizes of the
// block list count them; which of them stay; and the network that is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "net/network.h"
#include "shrink/prune.h"
#include "tensor/tensor.h"

namespace mx {

// neurons: rows of a linear map that another one reads (through activations, normalization and
// flattening), and the inner width of feed-forward blocks. channels: filters of a convolution that
// another map reads. heads: of attention; where several queries share a key and value, all of them
// together. blocks: residual blocks. width: the numbers of a token between residual blocks.
[[nodiscard]] std::string_view name_of(Structure structure);  // "neurons"

// One axis of a tensor, on which structure i lies at (o * structures + i) * inner + k, for every
// o < outer and k < inner: flattening [c, h, w] gives each channel h * w numbers.
struct AxisUse {
  std::string tensor;
  std::size_t axis = 0, outer = 1, inner = 1;
};

struct SizeUse {  // sizes of the named block that shrink in proportion
  std::string block;
  enum class Field { in, out, dim, heads, hidden } field = Field::in;  // heads: and those of keys
};

struct StructureGroup {
  std::string name;            // the weight or block whose structures they are
  std::size_t structures = 0;  // before cutting
  std::vector<AxisUse> makes =
      {};  // rows, biases, normalization: zero these and its output is zero
  std::vector<AxisUse> keeps = {};  // running statistics: shrink with it, but need no zeroing
  std::vector<AxisUse> reads = {};  // columns of the next maps
  std::vector<SizeUse> sizes = {};
  // Of blocks: where each stands in the list, and the weight and bias ("" without) that write its
  // output. The uses above are empty then.
  struct Whole {
    std::size_t position = 0;
    std::string weight, bias;
  };
  std::vector<Whole> blocks = {};
};
// Of each structure of a group: 1: it stays.
using Kept = std::vector<std::uint8_t>;

// In the network's order. The network's outputs stay, and so do groups whose name `keep` matches
// (of blocks: single blocks) and those of tied weights. Throws Kind::usage when the network has
// none that may go.
[[nodiscard]] std::vector<StructureGroup> find_groups(const Network& network, Structure structure,
                                                      const std::string& keep);
// The same without --keep; empty when there are none.
[[nodiscard]] std::vector<StructureGroup> groups_of(const Network& network, Structure structure);

// Importance of every structure of every group: the sum of the scores of the prunable rows that
// make it; of a block: of all its prunable weights.
using Importance = std::vector<std::vector<double>>;
[[nodiscard]] Importance sum_scores(const Network& network,
                                    const std::vector<StructureGroup>& groups,
                                    const std::vector<Scores>& scores);

// Removes exactly round(sparsity * structures), the least important first, ties by position, in all
// (global) or of each group (layer); every group but the one of blocks keeps at least one.
[[nodiscard]] std::vector<Kept> choose_structures(const std::vector<StructureGroup>& groups,
                                                  const Importance& importance, double sparsity,
                                                  Scope scope);
// The masks of all that makes a structure's output: masked, it is zero.
[[nodiscard]] std::vector<KeepMask> structure_masks(const Network& network,
                                                    const std::vector<StructureGroup>& groups,
                                                    const std::vector<Kept>& kept);
// Back from such masks.
[[nodiscard]] std::vector<Kept> kept_by(const std::vector<StructureGroup>& groups,
                                        const std::vector<KeepMask>& masks);

// The network and weights without them. `removed` counts structures. A network whose structures
// were masked to zero gives the same outputs after the cut (normalization apart, whose mean is then
// over fewer numbers).
[[nodiscard]] Network cut_network(const Network& network, const std::vector<StructureGroup>& groups,
                                  const std::vector<Kept>& kept);
struct Cut {
  Network network;
  std::vector<Weight> weights;
  std::uint64_t structures = 0, removed = 0;
};
[[nodiscard]] Cut cut_structures(const Network& network, std::vector<Weight> weights,
                                 const std::vector<StructureGroup>& groups,
                                 const std::vector<Kept>& kept);

}  // namespace mx
