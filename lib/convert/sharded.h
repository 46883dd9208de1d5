// SPDX-License-Identifier: Apache-2.0
// safetensors in several files, with an index beside them that says where each tensor is:
// {"metadata": ..., "weight_map": {TENSOR: FILE}}. https://huggingface.co/docs/transformers
#pragma once

#include <string>
#include <vector>

#include "convert/source.h"

namespace mx {

// Whether a path names such an index, by its end (".index.json").
[[nodiscard]] bool names_index(const std::string& path);
// The index and its shards, as paths; shards are files beside it, in the order of their names.
// Throws Kind::input.
[[nodiscard]] std::vector<std::string> files_of_index(const std::string& path);
// All shards one after the other. Throws Kind::input when a shard lacks a tensor or holds one that
// the index does not place there. Their metadata are those of the first shard that has any.
[[nodiscard]] std::unique_ptr<TensorSource> sharded_source(const std::string& index);

}  // namespace mx
