// SPDX-License-Identifier: Apache-2.0
#include "file/model.h"

#include <algorithm>

namespace mx {

std::uint64_t parameters_of(const Header& header) {
  if (!header.network.empty()) return cost(header.network).parameters;
  std::uint64_t sum = 0;
  for (const TensorEntry& entry : header.tensors) sum += element_count(entry.shape);
  return sum;
}

const Weight* find_weight(const Model& model, std::string_view name) {
  const auto found = std::ranges::find(model.weights, name, &Weight::name);
  return found == model.weights.end() ? nullptr : &*found;
}

TensorEntry entry_of(const Weight& weight) {
  return {weight.name, weight.values.dtype, weight.values.shape, weight.scheme, weight.group};
}

}  // namespace mx
