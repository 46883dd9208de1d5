// SPDX-License-Identifier: Apache-2.0
#include "convert/onnx_weights.h"

#include <utility>
#include <vector>

#include "convert/parts.h"

namespace mx {

OnnxWeights::OnnxWeights(OnnxGraph& graph, const Network& network, const TensorSource& source)
    : graph_(graph), source_(source) {
  std::vector<NamedShape> stored;
  for (std::size_t i = 0; i < source.entries().size(); ++i) {
    const TensorEntry& entry = source.entries()[i];
    stored.push_back({entry.name, &entry.shape});
    at_[entry.name] = i;
  }
  check_tensors(network, stored);
  for (const TensorSpec& spec : tensors(network)) {
    if (spec.fan_in > 0 && spec.shape.size() == 2) turned_.insert(spec.name);
  }
}

OnnxGraph::Value OnnxWeights::plain(const std::string& name) {
  return turned_.contains(name) ? turn(name) : stored(name);
}

OnnxGraph::Value OnnxWeights::map(const std::string& name) {
  return turned_.contains(name) ? stored(name) : turn(name);
}

OnnxGraph::Value OnnxWeights::turn(const std::string& name) {
  OnnxGraph::Value& value = turns_[name];
  if (!value.empty()) return value;
  value = graph_.add("Transpose", {stored(name)}, {{"perm", std::vector<std::int64_t>{1, 0}}});
  return value;
}

OnnxGraph::Value OnnxWeights::stored(const std::string& name) {
  OnnxGraph::Value& value = values_[name];
  if (!value.empty()) return value;
  const std::size_t i = at_.at(name);
  const TensorEntry& entry = source_.entries()[i];
  const bool half = entry.dtype == DType::f16 || entry.dtype == DType::bf16;
  const bool turns = turned_.contains(name);
  Shape shape = entry.shape;
  if (turns) std::swap(shape[0], shape[1]);
  value = graph_.stored(name, half ? entry.dtype : DType::f32, shape, [this, i, half, turns] {
    Tensor tensor = source_.read(i);
    if (!half && tensor.dtype != DType::f32) tensor = to_f32(tensor);
    return turns ? turned(tensor) : tensor;
  });
  if (half) value = graph_.add("Cast", {value}, {{"to", kOnnxF32}});
  return value;
}

}  // namespace mx
