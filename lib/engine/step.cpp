// SPDX-License-Identifier: Apache-2.0
#include "engine/step.h"

#include <cstring>

#include "base/error.h"

namespace mx::engine {

WeightsByName by_name(std::span<const Weight> weights) {
  WeightsByName out;
  for (const Weight& weight : weights) out.emplace(weight.name, &weight);
  return out;
}

const Weight& StepInput::weight(std::string_view name) const {
  if (by_name != nullptr) {
    if (const auto found = by_name->find(name); found != by_name->end()) return *found->second;
    fail(Kind::input, "the tensor '{}' is missing", name);
  }
  for (const Weight& one : weights) {
    if (one.name == name) return one;
  }
  fail(Kind::input, "the tensor '{}' is missing", name);
}

std::vector<float> StepInput::floats(const std::string& name) const {
  const Tensor values = to_f32(weight(name));
  const std::span<const float> all = values.as<float>();
  return {all.begin(), all.end()};
}

Buffer zeros(std::size_t bytes) {
  Buffer out(bytes);
  if (bytes != 0) std::memset(out.data(), 0, bytes);
  return out;
}

StepPointer make_step(const InputBlock& /*block*/, const StepInput& /*from*/) { return nullptr; }
StepPointer make_step(const Flatten& /*block*/, const StepInput& /*from*/) { return nullptr; }
StepPointer make_step(const Dropout& /*block*/, const StepInput& /*from*/) { return nullptr; }

}  // namespace mx::engine
