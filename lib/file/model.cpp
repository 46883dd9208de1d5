// SPDX-License-Identifier: Apache-2.0
#include "file/model.h"

#include <algorithm>

namespace mx {

const Weight* find_weight(const Model& model, std::string_view name) {
  const auto found = std::ranges::find(model.weights, name, &Weight::name);
  return found == model.weights.end() ? nullptr : &*found;
}

TensorEntry entry_of(const Weight& weight) {
  return {weight.name, weight.values.dtype, weight.values.shape, weight.scheme, weight.group};
}

}  // namespace mx
