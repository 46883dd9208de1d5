// SPDX-License-Identifier: Apache-2.0
#include "prune/layers.h"

#include <algorithm>

namespace mx::prune {

Json layers_json(const Network& before, const Subject& after) {
  Json out = Json::array();
  for (const TensorSpec& spec : tensors(before)) {
    if (!spec.prunable) continue;
    const auto left = std::ranges::find(after.weights, spec.name, &Weight::name);
    const std::size_t all = element_count(spec.shape);
    const std::size_t gone = left == after.weights.end() ? all : all - count_nonzero(left->values);
    out.push_back(
        {{"name", spec.name}, {"sparsity", static_cast<double>(gone) / static_cast<double>(all)}});
    const auto error = after.errors.find(spec.name);
    if (error != after.errors.end()) out.back()["error"] = error->second;
  }
  return out;
}

}  // namespace mx::prune
