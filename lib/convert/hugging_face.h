// SPDX-License-Identifier: Apache-2.0
// Models as Transformers saves them (config.json beside the tensors), as networks of ours.
// Known: llama, mistral, qwen2, gpt2, and bert with a masked language model's or a classifier's
// head. What a config asks for and the blocks cannot say is refused by the config's own name for
// it, and so is any key that is not known.
#pragma once

#include "convert/source.h"
#include "net/network.h"

namespace mx {

struct HuggingFace {
  std::string family;  // "llama"
  Network network;
  // The tensors under our names and in our shapes (fused ones cut, transposed ones turned), in the
  // network's order; what no part of the network reads is refused.
  std::unique_ptr<TensorSource> tensors;
  std::vector<std::string> labels = {};  // a classifier's classes, in the order of its outputs
};

// Throws Kind::input; `name` is the config's, for messages.
[[nodiscard]] HuggingFace read_hugging_face(const Json& config, const std::string& name,
                                            std::unique_ptr<TensorSource> tensors);

// The header's schema and tokenizer, so that the model reads text: tokenizer.json or vocab.txt in
// the folder. Throws Kind::input when there is none, when it is not known here (by name), or when
// it has another number of tokens than the network.
void add_text(Header& header, const std::vector<std::string>& labels, const std::string& folder);

}  // namespace mx
