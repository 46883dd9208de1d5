// SPDX-License-Identifier: Apache-2.0
// Language models in GGUF, seen as Transformers would have saved them, so that one reader
// (hugging_face.h) makes networks of both. Architectures: llama (Mistral, too) and qwen2.
#pragma once

#include "convert/source.h"

namespace mx {

struct GgufModel {
  Json config;  // as in config.json
  std::unique_ptr<TensorSource> tensors;
};

// Whether these are the tensors of a model, and not just tensors.
[[nodiscard]] bool is_gguf_model(const TensorSource& tensors);
// Tensors under Transformers' names; the rows of llama's queries and keys, which GGUF keeps pair by
// pair, in halves again. Throws Kind::input for what is missing and for an architecture that is not
// known, by its name.
[[nodiscard]] GgufModel read_gguf_model(std::unique_ptr<TensorSource> tensors);

}  // namespace mx
