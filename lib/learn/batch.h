// SPDX-License-Identifier: Apache-2.0
// Rows gathered into tensors by plain copies: no tensor operation per row.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "base/random.h"
#include "data/augment.h"
#include "data/dataset.h"

namespace mx {

struct Batch {
  at::Tensor x;        // [rows, inputs]
  at::Tensor classes;  // classify: [rows], int64
  at::Tensor targets;  // regress: [rows, outputs]
};

class BatchLoader {
 public:
  // `data` must outlive the loader; batches have at most `most` rows and are valid until the next.
  BatchLoader(const Dataset& data, std::uint64_t most);
  // `shift`, when given, moves each image, drawing from `random`.
  [[nodiscard]] Batch gather(std::span<const std::uint32_t> rows, const Shift* shift,
                             Random* random);

 private:
  const Dataset& data_;
  Batch all_;
};

// Rows [begin, begin + count) where they lie, without a copy.
[[nodiscard]] Batch slice(const Dataset& data, std::size_t begin, std::size_t count);

}  // namespace mx
