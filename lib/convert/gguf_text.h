// SPDX-License-Identifier: Apache-2.0
// The tokenizer that a GGUF file holds (its keys tokenizer.ggml.*, drawn in
// github.com/ggml-org/ggml, docs/gguf.md), with the ids that llama.cpp gives.
#pragma once

#include <memory>

#include "convert/source.h"
#include "text/tokenizer.h"

namespace mx {

// Of an open GGUF file (gguf_source). Throws Kind::input when it holds none, for what is damaged
// and, by its name, for a tokenizer that is not known here.
[[nodiscard]] std::unique_ptr<Tokenizer> read_gguf_tokenizer(const TensorSource& tensors);

}  // namespace mx
