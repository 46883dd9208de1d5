// SPDX-License-Identifier: Apache-2.0
// Which tensor of a foreign file is which of a network's: by name (exactly, then as PyTorch's state
// dictionaries spell them: wrapper prefixes, running_mean, gamma), else by order and shape.
#pragma once

#include <string>
#include <vector>

#include "file/model.h"
#include "net/network.h"

namespace mx {

enum class MappedBy { name, spelling, order };

struct Mapping {
  MappedBy by = MappedBy::name;
  std::vector<TensorSpec> specs;     // tensors(network)
  std::vector<std::size_t> entry;    // specs[i] is entries[entry[i]]
  std::vector<std::string> ignored;  // names of entries that no network has (num_batches_tracked)
};

// Every tensor of the network gets exactly one entry of its shape, and every entry is used or
// ignored by rule. Throws Kind::input naming what is missing, left over or of another shape.
// By order: where names end in a role (weight, bias, running_mean), it must agree; where the file's
// names are sorted, their order says nothing and numbers in them count (layer 2 before layer 10).
[[nodiscard]] Mapping map_names(const Network& network, const std::vector<TensorEntry>& entries);
// One aligned line per tensor for people: "fc1.weight  ->  0.weight  [20, 10]  by order".
[[nodiscard]] std::vector<std::string> describe(const Mapping& mapping,
                                                const std::vector<TensorEntry>& entries);

// `--network FILE.yaml`: the block list as YAML. Throws Kind::usage or Kind::input with the file.
[[nodiscard]] Network read_network(const std::string& path);

}  // namespace mx
