// SPDX-License-Identifier: Apache-2.0
#include "model/initialize.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace mx {
namespace {

constexpr std::uint64_t kStream = std::uint64_t{0x10} << 56U;

}  // namespace

std::vector<Weight> initialize(const Network& network, std::uint64_t seed) {
  std::vector<Weight> out;
  for (const TensorSpec& spec : tensors(network)) {
    Weight weight{.name = spec.name, .values = Tensor(DType::f32, spec.shape)};
    const std::span<float> values = weight.values.as<float>();
    if (spec.fan_in > 0) {
      Random random(seed, kStream + out.size());
      const double bound = 1 / std::sqrt(static_cast<double>(spec.fan_in));
      for (float& value : values) {
        value = static_cast<float>(bound * (2 * random.uniform() - 1));
      }
    } else {
      std::fill(values.begin(), values.end(),
                spec.role == "weight" || spec.role == "var" ? 1.0F : 0.0F);
    }
    out.push_back(std::move(weight));
  }
  return out;
}

}  // namespace mx
