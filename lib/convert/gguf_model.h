// SPDX-License-Identifier: Apache-2.0
// Models in GGUF, seen as Transformers would have saved them, so that one reader (hugging_face.h)
// makes networks of both. Architectures: those of gguf_names.h (llama is Mistral, too).
#pragma once

#include "convert/hugging_face.h"
#include "convert/source.h"

namespace mx {

struct GgufModel {
  Json config;  // as in config.json
  std::unique_ptr<TensorSource> tensors;
  std::optional<SentencePooling> pooling = {};  // of bert; llama.cpp makes vectors of length 1
};

// Whether these are the tensors of a model, and not just tensors.
[[nodiscard]] bool is_gguf_model(const TensorSource& tensors);
// Tensors under Transformers' names, and their numbers as they stand there. Throws Kind::input for
// what is missing and for an architecture that is not known, by its name.
[[nodiscard]] GgufModel read_gguf_model(std::unique_ptr<TensorSource> tensors);

}  // namespace mx
