// SPDX-License-Identifier: Apache-2.0
// What a low-rank adapter trains (Hu et al. 2021, section 4.1): of chosen linear maps with weights
// W [out, in] only A [rank, in] and B [out, rank], in y = x W^T + b + alpha / rank * (x A^T) B^T.
#pragma once

#include <cstdint>
#include <vector>

#include "net/network.h"
#include "tensor/tensor.h"

namespace mx {

struct LowRank {
  std::vector<TensorSpec> maps;  // of linear_maps(network)
  std::int64_t rank = 0;
  double alpha = 0;
  double dropout = 0;  // of what enters A, while training
};

// A and B of each map, named as files name them (file/adapter.h).
[[nodiscard]] std::vector<TensorSpec> tensors(const LowRank& low_rank);
[[nodiscard]] std::uint64_t parameters_of(const LowRank& low_rank);
// A uniform in +-1/sqrt(in), as a linear map's weights are; B zero, so that training begins at the
// base.
[[nodiscard]] std::vector<Weight> initialize(const LowRank& low_rank, std::uint64_t seed);

}  // namespace mx
