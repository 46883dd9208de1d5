// SPDX-License-Identifier: Apache-2.0
// Tensors in several files (safetensors, or of PyTorch), with an index beside them that says where
// each tensor is:
// {"metadata": ..., "weight_map": {TENSOR: FILE}}. https://huggingface.co/docs/transformers
#pragma once

#include <string>
#include <vector>

#include "convert/source.h"

namespace mx {

// Whether a path names such an index, by its end (".index.json").
[[nodiscard]] bool names_index(const std::string& path);
// All shards, which are files beside the index, one after the other by their names. Throws
// Kind::input when a shard lacks a tensor or holds one that the index does not place there. Their
// metadata are those of the first shard that has any.
struct Sharded {
  std::unique_ptr<TensorSource> source;
  std::vector<std::string> files;  // the index and the shards, as paths
};
// Any one tensor, and what shards hold besides, is read in `max_memory` bytes (0:
// default_max_memory()).
[[nodiscard]] Sharded open_shards(const std::string& index, std::uint64_t max_memory = 0);

}  // namespace mx
