// SPDX-License-Identifier: Apache-2.0
// A network's tensors as values of a graph of ONNX: each is put in once, however many nodes read
// it, under its own name, and is f32 from there on. Those of linear maps lie turned, [in, out].
#pragma once

#include <map>
#include <set>
#include <string>

#include "convert/onnx_graph.h"
#include "convert/source.h"
#include "net/network.h"

namespace mx {

class OnnxWeights {
 public:
  // All three must stay until the graph is written. Throws Kind::input when the tensors are not the
  // network's.
  OnnxWeights(OnnxGraph& graph, const Network& network, const TensorSource& source);

  // In the tensor's own shape.
  [[nodiscard]] OnnxGraph::Value plain(const std::string& name);
  // What MatMul takes of a weight [out, in]: [in, out].
  [[nodiscard]] OnnxGraph::Value map(const std::string& name);

 private:
  using Values = std::map<std::string, OnnxGraph::Value, std::less<>>;
  OnnxGraph::Value turn(const std::string& name);
  OnnxGraph::Value stored(const std::string& name);

  OnnxGraph& graph_;
  const TensorSource& source_;
  std::map<std::string, std::size_t, std::less<>> at_;
  std::set<std::string, std::less<>> turned_;  // those of linear maps
  Values values_, turns_;
};

}  // namespace mx
