// SPDX-License-Identifier: Apache-2.0
// What nodes of ONNX each block of a network is made of. What they compute is the engine's
// (engine/blocks/), in f32.
#pragma once

#include "convert/onnx_graph.h"
#include "convert/onnx_weights.h"
#include "net/network.h"

namespace mx {

// x: [batch, ...] of a network on rows; one on tokens gets inputs of its own, input_ids and
// attention_mask. Throws Kind::input for blocks that the executors do not run either.
[[nodiscard]] OnnxGraph::Value add_network(OnnxGraph& graph, OnnxWeights& weights,
                                           const Network& network, const OnnxGraph::Value& x);

}  // namespace mx
