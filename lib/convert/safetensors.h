// SPDX-License-Identifier: Apache-2.0
// safetensors: an 8-byte length, a JSON header of at most 16 MiB, then the tensors' bytes without
// gaps or overlaps. https://huggingface.co/docs/safetensors
#pragma once

#include "convert/source.h"

namespace mx {

// `in` must be seekable. Entries come in the order of their bytes.
[[nodiscard]] std::unique_ptr<TensorSource> safetensors_source(std::unique_ptr<io::Input> in);
// Tensors lie in the order of `entries`, whose names are unique.
[[nodiscard]] std::unique_ptr<TensorSink> safetensors_sink(io::Output& out,
                                                           const std::vector<TensorEntry>& entries,
                                                           const Json& metadata);

}  // namespace mx
