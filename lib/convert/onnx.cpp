// SPDX-License-Identifier: Apache-2.0
#include "convert/onnx.h"

#include <optional>

#include "base/error.h"
#include "convert/onnx_blocks.h"
#include "convert/onnx_graph.h"
#include "convert/onnx_rows.h"
#include "convert/onnx_weights.h"
#include "data/language.h"
#include "data/schema.h"
#include "file/rights.h"
#include "net/families.h"

namespace mx {
namespace {

using Value = OnnxGraph::Value;

OnnxShape batch_of(const Shape& row) {
  OnnxShape out = {"batch"};
  out.insert(out.end(), row.begin(), row.end());
  return out;
}

void say_rights(OnnxGraph& graph, const Rights& rights) {
  const Json all = to_json(rights);
  for (const auto& [key, value] : all.items()) {
    graph.say(key, value.is_string() ? value.get<std::string>() : dump_json(value));
  }
}

Value to_unit_length(OnnxGraph& graph, const Value& x) {
  graph.enter("normalize");
  const Value length = graph.add("ReduceL2", {x}, {{"axes", std::vector<std::int64_t>{-1}}});
  return graph.add("Div", {x, graph.add("Max", {length, graph.number(1e-12F)})});
}

std::optional<Schema> schema_of(const Header& header) {
  if (header.schema.is_null()) return std::nullopt;
  Schema schema = schema_from_json(header.schema);
  if (!fits(schema, header.network)) {
    fail(Kind::input, "the network does not take and give what the input schema says");
  }
  return schema;
}

}  // namespace

void write_onnx(io::Output& out, const Header& header, const TensorSource& tensors,
                const Json& facts) {
  const Network& network = header.network;
  if (network.empty()) {
    throw Error{Kind::usage, "the file holds tensors without a network: there is no graph to write",
                "mx-pack import --network FILE.yaml gives them one; safetensors needs none"};
  }
  const std::optional<Schema> schema = schema_of(header);
  OnnxGraph graph(header.rights.name.empty() ? "network" : header.rights.name);
  OnnxWeights weights(graph, network, tensors);
  Value x;
  if (!takes_tokens(network)) {
    const OnnxShape input = batch_of(shapes(network).front());
    x = schema ? add_rows(graph, *schema) : graph.input("input", OnnxType::f32, input, "");
  }
  x = add_network(graph, weights, network, x);
  std::string name = "logits";
  if (ends_pooled(network)) {
    name = "sentence_embedding";
    if (normalizes_embeddings(header)) x = to_unit_length(graph, x);
  } else if (schema && schema->task == Task::regress) {
    name = "prediction";
    x = add_targets(graph, x, *schema);
  }
  OnnxShape shape = batch_of(output_shape(network));
  if (takes_tokens(network) && shape.size() == 3) shape[1] = "time";
  graph.output(x, name, shape);
  if (schema) say_schema(graph, *schema);
  say_rights(graph, header.rights);
  for (const auto& [key, value] : facts.items()) graph.say(key, value.get<std::string>());
  graph.write(out);
}

}  // namespace mx
