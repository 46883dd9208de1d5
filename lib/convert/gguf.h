// SPDX-License-Identifier: Apache-2.0
// GGUF, versions 2 and 3, as llama.cpp writes it
// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): tensors of floats and integers as
// they are, quantized ones as the 32-bit floats they stand for.
#pragma once

#include "convert/source.h"

namespace mx {

// `in` must be seekable. Shapes are those of the other formats: the last dimension is the one whose
// numbers are neighbours. The metadata are those keys that hold one value, as texts. Types that are
// not known are refused by name.
[[nodiscard]] std::unique_ptr<TensorSource> gguf_source(std::unique_ptr<io::Input> in);

}  // namespace mx
