// SPDX-License-Identifier: Apache-2.0
// A language model or an encoder of sentences as GGUF, version 3, for llama.cpp
// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), by way of the model of Transformers
// that it is.
#pragma once

#include "convert/hf_out.h"
#include "convert/tokenizer_out.h"
#include "file/model.h"
#include "io/output.h"

namespace mx {

// What the maps and the table of tokens become; vectors, positions and types stay F32, as
// llama.cpp has them. stored: what they are (quantized ones: F32).
enum class GgufType { stored, f32, f16, bf16, q8_0, q4_0 };

// facts: an object of strings, more keys and values. `model` made of `header` by
// make_hugging_face(); tokenizer: null, and the file has none, which llama.cpp runs by ids alone.
// Rows that do not fill whole blocks become F16. One tensor is in memory at a time. Throws
// Kind::usage for what llama.cpp does not run.
void write_gguf(io::Output& out, const Header& header, const HfOut& model, GgufType type,
                const GgufTokenizer* tokenizer, const Json& facts = nullptr);

}  // namespace mx
