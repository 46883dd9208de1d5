// SPDX-License-Identifier: Apache-2.0
// Rows gathered into tensors by plain copies: no tensor operation per row. Rows of tokens are cut
// to the longest of a batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "learn/train.h"

namespace mx {

struct Batch {
  at::Tensor x;               // [rows, inputs]; lm, mlm: ids [rows, time], int64
  at::Tensor classes;         // classify: [rows], int64; lm, mlm: [rows, time], below 0: not scored
  at::Tensor targets;         // regress: [rows, outputs]
  at::Tensor documents = {};  // lm, mlm: [rows, time], int64, where a row has several
};

// Of a batch of tokens some of which have no target: the numbers of those that have one (what
// ForwardPass::wanted takes), the targets being cut to these. Undefined where all have.
[[nodiscard]] at::Tensor only_scored(Batch& batch);

// How many numbers of the batch have a target: what a mean loss is the mean of.
[[nodiscard]] double scored(const Batch& batch);

class BatchLoader {
 public:
  // `data` must outlive the loader; batches have at most `most` rows and are valid until the next.
  BatchLoader(const Dataset& data, std::uint64_t most);
  // `shift`, when given, moves each image, drawing from `random`.
  [[nodiscard]] Batch gather(std::span<const std::uint32_t> rows, const Shift* shift,
                             Random* random);
  // lm, mlm: windows moved on by `offset` tokens; with `masking`, which are hidden is drawn.
  [[nodiscard]] Batch gather_tokens(std::span<const std::uint32_t> rows, std::uint64_t offset,
                                    const Masking* masking, Random& random) const;

 private:
  const Dataset& data_;
  Batch all_;
};

// Rows [begin, begin + count), where they lie without a copy; rows of tokens gathered.
[[nodiscard]] Batch slice(const Dataset& data, std::size_t begin, std::size_t count);

}  // namespace mx
