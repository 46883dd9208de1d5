// SPDX-License-Identifier: Apache-2.0
// A network as a model of Transformers: the inverse of hugging_face.h, by the same plans, so that
// what is written is read again as the same network and the same tensors.
#pragma once

#include <memory>
#include <optional>

#include "convert/hugging_face.h"
#include "convert/source.h"

namespace mx {

struct HfOut {
  std::string type;                             // "llama", "qwen2", "qwen3", "gpt2", "bert" or
                                                // "distilbert"
  Json config;                                  // config.json
  std::unique_ptr<TensorSource> tensors;        // under Transformers' names
  std::optional<SentencePooling> pooling = {};  // of sentence embeddings
};

// `ours`: the network's tensors, which must outlive the result. Dropout is left out. Throws
// Kind::usage for a network that no model type can say, naming the block and what would fit.
[[nodiscard]] HfOut make_hugging_face(const Header& header, const TensorSource& ours);

}  // namespace mx
