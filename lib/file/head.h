// SPDX-License-Identifier: Apache-2.0
// The head section's content: what a model is, and the directory of its tensors. FORMAT.md, "Head".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "file/model.h"

namespace mx {

// Throws Kind::input unless the network is sound, the directory is the network's (kind model) or an
// adapter's, and names, shapes and schemes are allowed. Both the writer and the reader ask.
void check_header(const Header& header);

[[nodiscard]] Bytes encode_head(const Header& header);
// The result has passed check_header. version: what is younger is refused.
[[nodiscard]] Header decode_head(ByteView content, std::uint64_t version);
// Those that have bytes of their own, in order.
[[nodiscard]] std::vector<TensorEntry> stored_entries(const Header& header);

// A stored block of numbers of a tensor: its values, or the scales of its codes.
struct TensorPart {
  DType dtype;
  Shape shape;
  std::size_t bytes;  // decoded
  std::size_t row;    // elements for each index of the first dimension
};
// Values first; at most two.
[[nodiscard]] std::vector<TensorPart> parts_of(const TensorEntry& entry);
// Decoded bytes of all parts.
[[nodiscard]] std::size_t decoded_bytes(const TensorEntry& entry);
// `tensor "NAME"`, safe to print.
[[nodiscard]] std::string tensor_label(std::string_view name);

}  // namespace mx
