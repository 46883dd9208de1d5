// SPDX-License-Identifier: Apache-2.0
// The input schema (data/schema.h) as part of a graph of ONNX: rows go in as they come, and what a
// model's rows and outputs are called stands in its metadata.
//
// input: f32 [batch, ...]. Of a table the numeric columns as they are, NaN where one is missing;
// of images pixels from 0 to 255; without a schema what the network itself takes.
// categories: text [batch, columns], of a table that has columns of categories; what the model does
// not know counts as missing.
#pragma once

#include "convert/onnx_graph.h"
#include "data/schema.h"

namespace mx {

// What the network gets: [batch, ...], shaped as schema.input. The schema is of rows, not of text.
[[nodiscard]] OnnxGraph::Value add_rows(OnnxGraph& graph, const Schema& schema);
// Regression: [batch, targets] in units of their own.
[[nodiscard]] OnnxGraph::Value add_targets(OnnxGraph& graph, const OnnxGraph::Value& outputs,
                                           const Schema& schema);
// task, label, classes, targets, input, categories: lists of names as JSON.
void say_schema(OnnxGraph& graph, const Schema& schema);

}  // namespace mx
