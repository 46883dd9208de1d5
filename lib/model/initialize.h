// SPDX-License-Identifier: Apache-2.0
// First values of a network's tensors, drawn from the project's own random numbers: the same on
// every machine.
#pragma once

#include <cstdint>
#include <vector>

#include "net/network.h"
#include "tensor/tensor.h"

namespace mx {

// Linear maps and convolutions: weight and bias uniform in +-1/sqrt(fan_in), which is PyTorch's
// default (Kaiming uniform with a = sqrt(5): gain sqrt(2 / (1 + 5)), bound gain * sqrt(3 / fan_in);
// He et al. 2015, eq. 10). Normalization: weight 1, bias 0, running mean 0, running variance 1.
// Networks on tokens (Radford et al. 2018 and 2019): embeddings and the weights of maps normal with
// a standard deviation of 0.02, biases 0, and the last map of each residual block that begins with
// a normalization smaller by 1/sqrt(number of residual blocks), so that their sum does not grow.
// Tensors come in the order of tensors(network); each draws from a stream of its own.
[[nodiscard]] std::vector<Weight> initialize(const Network& network, std::uint64_t seed);

}  // namespace mx
