// SPDX-License-Identifier: Apache-2.0
// GGUF, versions 2 and 3, as llama.cpp writes it
// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): tensors of floats and integers as
// they are, quantized ones as the 32-bit floats they stand for.
#pragma once

#include <optional>

#include "convert/source.h"

namespace mx {

// The lists among a GGUF file's keys, read when they are asked for: a source that gguf_source made
// is one of these, too.
class GgufLists {
 public:
  virtual ~GgufLists() = default;
  // Of a key; nothing where the file has none. Throws Kind::input for a list of something else, and
  // for one of over 2^21 values.
  [[nodiscard]] virtual std::optional<std::vector<std::string>> texts(
      const std::string& key) const = 0;
  // Numbers of any type; not finite ones are refused.
  [[nodiscard]] virtual std::optional<std::vector<double>> numbers(
      const std::string& key) const = 0;
};

// `in` must be seekable. Shapes are those of the other formats: the last dimension is the one whose
// numbers are neighbours. The metadata are those keys that hold one value, as texts; lists are
// GgufLists. Types that are not known are refused by name.
[[nodiscard]] std::unique_ptr<TensorSource> gguf_source(std::unique_ptr<io::Input> in);

}  // namespace mx
